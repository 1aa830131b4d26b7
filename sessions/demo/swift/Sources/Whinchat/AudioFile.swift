import AVFoundation

public enum AudioFileError: Error {
    case unreadable(URL)
}

public enum AudioFile {
    /// The file's samples, mixed to one channel, at the given rate.
    public static func load(_ url: URL, sampleRate: Int) throws -> [Float] {
        let file = try AVAudioFile(forReading: url)
        let frames = AVAudioFrameCount(file.length)
        guard
            let buffer = AVAudioPCMBuffer(pcmFormat: file.processingFormat, frameCapacity: frames)
        else { throw AudioFileError.unreadable(url) }
        try file.read(into: buffer)
        guard let channels = buffer.floatChannelData else { throw AudioFileError.unreadable(url) }
        let channelCount = Int(buffer.format.channelCount)

        var mono: [Float] = []
        for frame in 0 ..< Int(buffer.frameLength) {
            var sum: Float = 0
            for channel in 0 ..< channelCount {
                sum += channels[channel][frame]
            }
            mono.append(sum / Float(channelCount))
        }
        return resample(mono, from: buffer.format.sampleRate, to: Double(sampleRate))
    }

    static func resample(_ samples: [Float], from source: Double, to target: Double) -> [Float] {
        if source == target { return samples }
        let step = source / target
        var result = [Float](repeating: 0, count: Int(Double(samples.count) / step))
        for i in 0 ..< result.count {
            let position = Double(i) * step
            let index = Int(position)
            let fraction = Float(position - Double(index))
            let next = samples[min(index + 1, samples.count - 1)]
            result[i] = samples[index] * (1 - fraction) + next * fraction
        }
        return result
    }
}

/// Removes the offset, scales to the given peak, and fades the start in.
func prepareWaveform(_ input: [Float], peak: Float = 0.95, fade: Int = 160) -> [Float] {
    var samples = input
    var sum: Float = 0
    for sample in samples {
        sum += sample
    }
    let offset = sum / Float(samples.count)
    for i in samples.indices {
        samples[i] -= offset
    }

    var loudest: Float = 0
    for sample in samples {
        loudest = max(loudest, abs(sample))
    }
    if loudest > 0 {
        let gain = peak / loudest
        samples = samples.map { $0 * gain }
    }

    for i in samples.indices {
        samples[i] = min(max(samples[i], -1), 1)
    }
    for i in 0 ..< min(fade, samples.count) {
        samples[i] *= Float(i) / Float(fade)
    }
    return samples
}

public func rmsLevel(_ samples: [Float]) -> Float {
    var energy: Float = 0
    for sample in samples {
        energy += sample * sample
    }
    return sqrt(energy / Float(samples.count))
}

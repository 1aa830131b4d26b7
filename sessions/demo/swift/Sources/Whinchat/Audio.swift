import Foundation
import MLX
import MLXFFT

/// Triangular filters, as a matrix of shape [nFft / 2 + 1, nMels].
func melFilterbank(_ config: WhinchatConfiguration) -> MLXArray {
    let nyquist = Float(config.sampleRate) / 2
    let bins = MLXArray.linspace(Float(0), nyquist, count: config.nFft / 2 + 1)[0..., .newAxis]
    let mels = MLXArray.linspace(Float(0), 1127 * log(1 + nyquist / 700), count: config.nMels + 2)
    let edges = 700 * (exp(mels / 1127) - 1)
    let centre = edges[1 ..< config.nMels + 1]
    let rising = (bins - edges[..<config.nMels]) / (centre - edges[..<config.nMels])
    let falling = (edges[2...] - bins) / (edges[2...] - centre)
    return maximum(minimum(rising, falling), 0)
}

func hannWindow(_ size: Int) -> [Float] {
    var window = [Float](repeating: 0, count: size)
    for i in 0 ..< size {
        window[i] = 0.5 - 0.5 * cos(2 * Float.pi * Float(i) / Float(size))
    }
    return window
}

/// Scales to the given peak, and clips what rounding left beyond it.
func prepareWaveform(_ input: [Float], peak: Float = 0.95) -> [Float] {
    var loudest: Float = 0
    for sample in input {
        loudest = max(loudest, abs(sample))
    }
    let gain = loudest == 0 ? 1 : peak / loudest
    return input.map { min(max($0 * gain, -peak), peak) }
}

/// Raw samples to normalised log-mel features [1, T, bands].
struct MelFrontEnd {
    let config: WhinchatConfiguration

    func callAsFunction(_ samples: [Float]) -> MLXArray {
        let margin = MLXArray.zeros([config.nFft / 2])
        let audio = concatenated([margin, MLXArray(samples), margin], axis: 0)
        let count = 1 + (audio.dim(0) - config.nFft) / 160
        var frames: [MLXArray] = []
        for i in 0 ..< count {
            let start = i * 160
            frames.append(audio[start ..< start + config.nFft])
        }

        let window = MLXArray(hannWindow(config.nFft))
        let spectrum = fft(stacked(frames) * window, axis: -1)
        let power = abs(spectrum[0..., 0 ..< config.nFft / 2 + 1]).square()
        // let power = spectrum.realPart().square() + spectrum.imaginaryPart().square()
        let filters = melFilterbank(config)
        let mel = log10(maximum(matmul(power, filters), 1e-8))

        var bands: [MLXArray] = []
        for band in 0 ..< config.nMels {
            let row = mel[0..., band]
            bands.append((row - row.mean()) / (sqrt(row.variance()) + 1e-5))
        }
        return stacked([stacked(bands, axis: 1)], axis: 0)
    }
}

/// How much of the signal sits at the mains frequency (0 to 1), mixed down to bin 0.
struct HumProbe {
    private static let size = 16_384
    private static let taper = MLXArray(hannWindow(HumProbe.size))
    let config: WhinchatConfiguration

    func level(_ samples: [Float]) -> Float {
        let step = -2 * Float.pi * 50 / Float(config.sampleRate)
        let phase = MLXArray(0 ..< HumProbe.size).asType(.float32) * step
        let carrier = exp(MLXArray(real: 0, imaginary: 1) * phase)
        let audio = MLXArray(Array(samples.prefix(HumProbe.size)))
        let magnitude = abs(fft(audio * HumProbe.taper * carrier))
        return (magnitude[0] / magnitude.max()).item(Float.self)
    }
}

import Foundation
import MLX
import MLXFFT

func hzToMel(_ hz: Float) -> Float {
    1127 * log(1 + hz / 700)
}

/// Triangular filters, as a matrix of shape [fftSize / 2 + 1, bands].
func melFilterbank(sampleRate: Int, fftSize: Int, bands: Int) -> MLXArray {
    let nyquist = Float(sampleRate) / 2
    let bins = MLXArray.linspace(Float(0), nyquist, count: fftSize / 2 + 1)
    let mels = MLXArray.linspace(Float(0), hzToMel(nyquist), count: bands + 2)
    let centres = 700 * (exp(mels / 1127) - 1)
    let left = centres[0 ..< bands]
    let centre = centres[1 ..< bands + 1]
    let right = centres[2 ..< bands + 2]
    let column = bins.expandedDimensions(axis: 1)
    let rising = (column - left) / (centre - left)
    let falling = (right - column) / (right - centre)
    return maximum(minimum(rising, falling), 0)
}

func hannWindow(_ size: Int) -> [Float] {
    var window = [Float](repeating: 0, count: size)
    for i in 0 ..< size {
        window[i] = 0.5 - 0.5 * cos(2 * Float.pi * Float(i) / Float(size))
    }
    return window
}

/// Raw samples to normalised log-mel features [1, T, bands].
struct MelFrontEnd {
    let config: WhinchatConfiguration

    func callAsFunction(_ samples: [Float]) -> MLXArray {
        let fftSize = config.fftSize
        let margin = MLXArray.zeros([fftSize / 2])
        let audio = concatenated([margin, MLXArray(samples), margin], axis: 0)
        let count = 1 + (audio.dim(0) - fftSize) / 160

        var frames: [MLXArray] = []
        for i in 0 ..< count {
            let start = i * 160
            frames.append(audio[start ..< start + fftSize])
        }

        let window = MLXArray(hannWindow(fftSize))
        let spectrum = fft(stacked(frames) * window, axis: -1)
        let power = abs(spectrum[0..., 0 ..< fftSize / 2 + 1]).square()
        // let power = spectrum.realPart().square() + spectrum.imaginaryPart().square()
        // let mel = matmul(filters, power.transposed())

        let filters = melFilterbank(
            sampleRate: config.sampleRate, fftSize: fftSize, bands: config.melBands)
        let mel = log10(maximum(matmul(power, filters), 1e-8))

        var bands: [MLXArray] = []
        for band in 0 ..< config.melBands {
            let row = mel[0..., band]
            bands.append((row - row.mean()) / (sqrt(row.variance()) + 1e-5))
        }
        let features = stacked(bands, axis: 1)
        return stacked([features], axis: 0)
    }
}

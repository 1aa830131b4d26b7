import Foundation
import MLX

/// How much of the signal sits at the mains frequency (0 to 1).
///
/// The signal is mixed down, so that the hum lands in bin 0 of a complex spectrum.
struct HumProbe {
    private static let size = 16_384
    private static let taper: MLXArray = {
        let phase = MLXArray(0 ..< HumProbe.size).asType(.float32) * (2 * Float.pi / Float(HumProbe.size))
        return 0.5 - 0.5 * cos(phase)
    }()

    private let carrier: MLXArray

    init(sampleRate: Int, humHz: Float = 50) {
        let step = -2 * Float.pi * humHz / Float(sampleRate)
        let phase = MLXArray(0 ..< HumProbe.size).asType(.float32) * step
        carrier = exp(MLXArray(real: 0, imaginary: 1) * phase)
    }

    func level(_ samples: [Float]) -> Float {
        let audio = MLXArray(Array(samples.prefix(HumProbe.size)))
        let baseband = audio * carrier * HumProbe.taper
        let magnitude = abs(fft(baseband))
        return (magnitude[0] / magnitude.max()).item(Float.self)
    }
}

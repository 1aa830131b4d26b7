import Foundation
import MLX
import MLXNN

/// The hyperparameters of a checkpoint; `config.json` has them in snake case.
public struct WhinchatConfiguration: Codable, Sendable {
    public var sampleRate = 16_000
    public var nFft = 400
    public var hopLength = 160
    public var nMels = 80
    public var maxFrames = 1500
    public var vocabSize = 4096
    public var dims = 384
    public var heads = 6
    public var kvHeads = 2
    public var encoderLayers = 4
    public var decoderLayers = 4
    public var mixerKernel = 4
    public var normEps: Float = 1e-6
    public var layerNormEps: Float = 1e-5
    public var scoreCap: Float = 30
    public var dropout: Float = 0
    public var languages = ["en", "de", "fr", "es"]
    public var startToken = 1
    public var endToken = 2
    public var maxTokens = 224
    public var suppressTokens = [0, 1, 3, 4, 5, 6, 7]
}

public final class Whinchat: Module {
    public let config: WhinchatConfiguration
    let frontEnd: MelFrontEnd
    @ModuleInfo(key: "encoder") var encoder: AudioEncoder
    @ModuleInfo(key: "decoder") var decoder: TextDecoder
    @ModuleInfo(key: "head") var head: ClipHead

    public init(_ config: WhinchatConfiguration) {
        self.config = config
        frontEnd = MelFrontEnd(config: config)
        _encoder.wrappedValue = AudioEncoder(config)
        _decoder.wrappedValue = TextDecoder(config)
        _head.wrappedValue = ClipHead(config)
        super.init()
    }

    func encode(_ samples: [Float]) -> MLXArray {
        encoder(frontEnd(samples))
    }

    /// From the PyTorch checkpoint: channels-last, head norms as plain parameters.
    static func sanitize(_ weights: [String: MLXArray]) -> [String: MLXArray] {
        var result: [String: MLXArray] = [:]
        for (key, value) in weights {
            let name = key.replacingOccurrences(of: "q_norm.weight", with: "q_norm")
                .replacingOccurrences(of: "k_norm.weight", with: "k_norm")
            if value.ndim == 3 {
                result[name] = value.transposed(0, 2, 1)
            } else {
                result[name] = MLXArray(value.asArray(Float.self), value.shape)
            }
        }
        return result
    }

    public static func load(from folder: URL) throws -> Whinchat {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: folder.appending(path: "config.json"))
        let model = Whinchat(try decoder.decode(WhinchatConfiguration.self, from: data))
        let weights = try loadArrays(url: folder.appending(path: "model.safetensors"))
        let parameters = ModuleParameters.unflattened(sanitize(weights))
        try model.update(parameters: parameters, verify: [.all])
        eval(model)
        return model
    }
}

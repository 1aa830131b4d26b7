import Foundation
import MLX
import MLXNN

public final class Whinchat: Module {
    public let config: WhinchatConfiguration
    let frontEnd: MelFrontEnd
    @ModuleInfo(key: "encoder") var encoder: AudioEncoder
    @ModuleInfo(key: "decoder") var decoder: TextDecoder
    @ModuleInfo(key: "speech_gate") var speechGate: SpeechGate
    @ModuleInfo(key: "language_head") var languageHead: LanguageHead
    @ModuleInfo(key: "endpoint_head") var endpointHead: EndpointHead

    public init(_ config: WhinchatConfiguration) {
        self.config = config
        frontEnd = MelFrontEnd(config: config)
        _encoder.wrappedValue = AudioEncoder(config)
        _decoder.wrappedValue = TextDecoder(config)
        _speechGate.wrappedValue = SpeechGate(config)
        _languageHead.wrappedValue = LanguageHead(config)
        _endpointHead.wrappedValue = EndpointHead(config)
        super.init()
    }

    func encode(_ samples: [Float]) -> MLXArray {
        encoder(frontEnd(samples))
    }

    /// From the PyTorch checkpoint: no prefix, convolutions channels-last, and the
    /// small norms as plain parameters.
    static func sanitize(_ weights: [String: MLXArray]) -> [String: MLXArray] {
        var result: [String: MLXArray] = [:]
        for (key, value) in weights {
            var name = key.hasPrefix("model.") ? String(key.dropFirst("model.".count)) : key
            name = name.replacingOccurrences(of: "q_norm.weight", with: "q_norm")
            name = name.replacingOccurrences(of: "k_norm.weight", with: "k_norm")
            name = name.replacingOccurrences(of: "endpoint_head.norm.", with: "endpoint_head.norm_")
            if name.contains(".conv") && value.ndim == 3 {
                result[name] = value.transposed(0, 2, 1)
            } else {
                result[name] = MLXArray(value.asArray(Float.self), value.shape)
            }
        }
        return result
    }

    public static func load(from folder: URL) throws -> Whinchat {
        let data = try Data(contentsOf: folder.appending(path: "config.json"))
        let config = try JSONDecoder().decode(WhinchatConfiguration.self, from: data)
        let model = Whinchat(config)
        let weights = try loadArrays(url: folder.appending(path: "model.safetensors"))
        let parameters = ModuleParameters.unflattened(sanitize(weights))
        try model.update(parameters: parameters, verify: [.all])
        eval(model)
        return model
    }
}

import Foundation
import MLX
import MLXNN

final class ConvStem: Module {
    @ModuleInfo(key: "conv1") var conv1: Conv1d
    @ModuleInfo(key: "conv2") var conv2: Conv1d

    init(_ config: WhinchatConfiguration) {
        _conv1.wrappedValue = Conv1d(
            inputChannels: config.melBands, outputChannels: config.dims, kernelSize: 3, padding: 1)
        _conv2.wrappedValue = Conv1d(
            inputChannels: config.dims, outputChannels: config.dims, kernelSize: 3, padding: 1)
        super.init()
    }

    func callAsFunction(_ mel: MLXArray) -> MLXArray {
        let x = gelu(conv1(mel))
        let y = conv2(x)[0..., .stride(by: 2), 0...]
        return gelu(y)
    }
}

final class EncoderAttention: Module {
    let heads: Int
    let scale: Float
    @ModuleInfo(key: "q_proj") var wq: Linear
    @ModuleInfo(key: "k_proj") var wk: Linear
    @ModuleInfo(key: "v_proj") var wv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear

    init(_ config: WhinchatConfiguration) {
        heads = config.heads
        scale = 1 / sqrt(Float(config.dims / config.heads))
        _wq.wrappedValue = Linear(config.dims, config.dims)
        _wk.wrappedValue = Linear(config.dims, config.dims, bias: false)
        _wv.wrappedValue = Linear(config.dims, config.dims)
        _wo.wrappedValue = Linear(config.dims, config.dims)
        super.init()
    }

    func callAsFunction(_ x: MLXArray) -> MLXArray {
        let length = x.dim(1)
        let q = splitHeads(wq(x), heads) * scale
        let k = splitHeads(wk(x), heads)
        let v = splitHeads(wv(x), heads)
        let scores = matmul(q, k.transposed(0, 1, 3, 2))
        let weights = softmax(scores, axis: -1)
        let out = matmul(weights, v)
        return wo(mergeHeads(out))
    }
}

final class EncoderLayer: Module {
    @ModuleInfo(key: "self_attn") var selfAttention: EncoderAttention
    @ModuleInfo(key: "attn_norm") var attentionNorm: WhinchatLayerNorm
    @ModuleInfo(key: "fc1") var fc1: Linear
    @ModuleInfo(key: "fc2") var fc2: Linear
    @ModuleInfo(key: "mlp_norm") var mlpNorm: WhinchatLayerNorm

    init(_ config: WhinchatConfiguration) {
        _selfAttention.wrappedValue = EncoderAttention(config)
        _attentionNorm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        _fc1.wrappedValue = Linear(config.dims, 4 * config.dims)
        _fc2.wrappedValue = Linear(4 * config.dims, config.dims)
        _mlpNorm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        super.init()
    }

    func callAsFunction(_ x: MLXArray) -> MLXArray {
        let attended = x + selfAttention(attentionNorm(x))
        return attended + fc2(gelu(fc1(mlpNorm(attended))))
    }
}

final class AudioEncoder: Module {
    let config: WhinchatConfiguration
    @ModuleInfo(key: "stem") var stem: ConvStem
    @ModuleInfo(key: "layers") var layers: [EncoderLayer]
    @ModuleInfo(key: "norm") var norm: WhinchatLayerNorm

    init(_ config: WhinchatConfiguration) {
        self.config = config
        _stem.wrappedValue = ConvStem(config)
        _layers.wrappedValue = (0 ..< config.encoderLayers).map { _ in EncoderLayer(config) }
        _norm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        super.init()
    }

    func callAsFunction(_ mel: MLXArray) -> MLXArray {
        var x = stem(mel)
        let positions = sinusoids(length: config.maxFrames, channels: config.dims)
        x = x + tiled(positions[0 ..< x.dim(1)], repetitions: [x.dim(0), 1, 1])
        for layer in layers {
            x = layer(x)
        }
        return norm(x)
    }
}

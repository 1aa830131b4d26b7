import Foundation
import MLX
import MLXNN

final class EncoderLayer: Module {
    let heads: Int
    let scale: Float
    @ModuleInfo(key: "attn_norm") var attentionNorm: WhinchatLayerNorm
    @ModuleInfo(key: "qkv") var qkv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear
    @ModuleInfo(key: "mlp_norm") var mlpNorm: WhinchatLayerNorm
    @ModuleInfo(key: "fc1") var fc1: Linear
    @ModuleInfo(key: "fc2") var fc2: Linear

    init(_ config: WhinchatConfiguration) {
        heads = config.heads
        scale = 1 / sqrt(Float(config.dims / config.heads))
        _attentionNorm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        _qkv.wrappedValue = Linear(config.dims, 3 * config.dims)
        _wo.wrappedValue = Linear(config.dims, config.dims)
        _mlpNorm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        _fc1.wrappedValue = Linear(config.dims, 4 * config.dims)
        _fc2.wrappedValue = Linear(4 * config.dims, config.dims)
        super.init()
    }

    func callAsFunction(_ x: MLXArray) -> MLXArray {
        let parts = split(qkv(attentionNorm(x)), parts: 3, axis: -1)
        let q = splitHeads(parts[0], heads) * scale
        let k = splitHeads(parts[1], heads)
        let v = splitHeads(parts[2], heads)
        let scores = matmul(q, k.transposed(0, 1, 3, 2))
        let weights = softmax(scores, axis: -1)
        let attended = x + wo(mergeHeads(matmul(weights, v)))
        return attended + fc2(gelu(fc1(mlpNorm(attended))))
    }
}

final class AudioEncoder: Module {
    let config: WhinchatConfiguration
    @ModuleInfo(key: "stem") var stem: Conv1d
    @ModuleInfo(key: "layers") var layers: [EncoderLayer]
    @ModuleInfo(key: "norm") var norm: WhinchatLayerNorm

    init(_ config: WhinchatConfiguration) {
        self.config = config
        _stem.wrappedValue = Conv1d(
            inputChannels: config.nMels, outputChannels: config.dims, kernelSize: 3, padding: 1)
        _layers.wrappedValue = (0 ..< config.encoderLayers).map { _ in EncoderLayer(config) }
        _norm.wrappedValue = WhinchatLayerNorm(dims: config.dims, eps: config.layerNormEps)
        super.init()
    }

    func callAsFunction(_ mel: MLXArray) -> MLXArray {
        var x = gelu(stem(mel)[0..., .stride(by: 2), 0...])
        let positions = sinusoids(length: config.maxFrames, channels: config.dims)
        x = x + tiled(positions[0 ..< x.dim(1)], repetitions: [x.dim(0), 1, 1])
        for layer in layers {
            x = layer(x)
        }
        return norm(x)
    }
}

/// Of a whole window: is there speech, in which language, and where does it begin.
final class ClipHead: Module {
    let cap: Float
    let scale: Float
    @ParameterInfo(key: "query") var query: MLXArray
    @ParameterInfo(key: "slots") var slots: MLXArray
    @ModuleInfo(key: "k_proj") var wk: Linear
    @ModuleInfo(key: "v_proj") var wv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear

    init(_ config: WhinchatConfiguration) {
        cap = config.scoreCap
        scale = 1 / sqrt(Float(config.dims))
        _query.wrappedValue = MLXArray.zeros([1, config.dims])
        _slots.wrappedValue = MLXArray.zeros([config.languages.count, config.dims])
        _wk.wrappedValue = Linear(config.dims, config.dims)
        _wv.wrappedValue = Linear(config.dims, config.dims)
        _wo.wrappedValue = Linear(config.dims, 1)
        super.init()
    }

    /// The probability of speech; the scores are soft-capped.
    func speech(_ memory: MLXArray) -> MLXArray {
        var scores = matmul(query, wk(memory).swappedAxes(-1, -2)) * scale
        scores = tanh(scores / cap) * cap
        return MLX.sigmoid(wo(matmul(softmax(scores, axis: -1), wv(memory)))).flattened()
    }

    /// A score a language; the slots compete for each frame.
    func languages(_ memory: MLXArray) -> MLXArray {
        let shares = softmax(matmul(slots, wk(memory).swappedAxes(-1, -2)) * scale, axis: -2)
        return wo(matmul(shares, wv(memory))).squeezed(axis: -1)
    }

    /// The probability that speech begins in the window, and the weights of its frames.
    func onset(_ memory: MLXArray) -> (MLXArray, MLXArray) {
        let weights = softmax(matmul(query, wk(memory).swappedAxes(-1, -2)) * scale, axis: -1)
        return (MLX.sigmoid(wo(matmul(weights, wv(memory)))).flattened(), weights)
    }
}

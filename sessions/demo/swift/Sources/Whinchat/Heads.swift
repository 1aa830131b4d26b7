import Foundation
import MLX
import MLXNN

/// Soft-capped attention pooling to one number: the probability of speech.
final class SpeechGate: Module {
    let cap: Float
    let scale: Float
    @ParameterInfo(key: "query") var query: MLXArray
    @ModuleInfo(key: "k_proj") var wk: Linear
    @ModuleInfo(key: "v_proj") var wv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear

    init(_ config: WhinchatConfiguration) {
        cap = config.scoreCap
        scale = 1 / sqrt(Float(config.dims))
        _query.wrappedValue = MLXArray.zeros([1, config.dims])
        _wk.wrappedValue = Linear(config.dims, config.dims)
        _wv.wrappedValue = Linear(config.dims, config.dims)
        _wo.wrappedValue = Linear(config.dims, 1)
        super.init()
    }

    func callAsFunction(_ memory: MLXArray) -> MLXArray {
        var scores = matmul(query, wk(memory).swappedAxes(-1, -2)) * scale
        scores = tanh(scores / cap) * cap
        let pooled = matmul(softmax(scores, axis: -1), wv(memory))
        return MLX.sigmoid(wo(pooled)).flattened()
    }
}

/// One slot a language; the slots compete for each frame, over a few rounds.
final class LanguageHead: Module {
    let rounds: Int
    let scale: Float
    @ParameterInfo(key: "slots") var slots: MLXArray
    @ModuleInfo(key: "k_proj") var wk: Linear
    @ModuleInfo(key: "v_proj") var wv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear

    init(_ config: WhinchatConfiguration) {
        rounds = config.slotRounds
        scale = 1 / sqrt(Float(config.dims))
        _slots.wrappedValue = MLXArray.zeros([config.languages.count, config.dims])
        _wk.wrappedValue = Linear(config.dims, config.dims)
        _wv.wrappedValue = Linear(config.dims, config.dims)
        _wo.wrappedValue = Linear(config.dims, 1)
        super.init()
    }

    func callAsFunction(_ memory: MLXArray) -> MLXArray {
        let keys = wk(memory).swappedAxes(-1, -2)
        let values = wv(memory)
        var current = slots
        for _ in 0 ..< rounds {
            let shares = softmax(matmul(current, keys) * scale, axis: -2)
            current = current + matmul(shares, values) / Float(values.dim(1))
        }
        return wo(current).squeezed(axis: -1)
    }
}

private func standardize(_ x: MLXArray, weight: MLXArray, bias: MLXArray) -> MLXArray {
    let centred = x - x.mean(axis: -1, keepDims: true)
    let spread = (centred * centred).mean(axis: -1, keepDims: true)
    return centred * rsqrt(spread + 1e-5) * weight + bias
}

/// A probability for each encoder frame that the utterance has ended there.
final class EndpointHead: Module {
    let heads: Int
    let headDim: Int
    @ParameterInfo(key: "norm_weight") var normWeight: MLXArray
    @ParameterInfo(key: "norm_bias") var normBias: MLXArray
    @ModuleInfo(key: "qkv") var qkv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear

    init(_ config: WhinchatConfiguration) {
        heads = config.heads
        headDim = config.dims / config.heads
        _normWeight.wrappedValue = MLXArray.ones([config.dims])
        _normBias.wrappedValue = MLXArray.zeros([config.dims])
        _qkv.wrappedValue = Linear(config.dims, 3 * config.dims)
        _wo.wrappedValue = Linear(config.dims, 1)
        super.init()
    }

    func callAsFunction(_ memory: MLXArray) -> MLXArray {
        let mu = memory.mean(axis: 1, keepDims: true)
        let sigma = memory.variance(axis: 1, keepDims: true)
        let whitened = (memory - mu) * rsqrt(sigma + 1e-5)
        let frames = standardize(whitened, weight: normWeight, bias: normBias)
        let parts = qkv(frames).split(parts: 3, axis: -1)
        let q = splitHeads(parts[0], heads)
        let k = splitHeads(parts[1], heads)
        let v = splitHeads(parts[2], heads)
        let mixed = matmul(
            softmax(matmul(q, k.swappedAxes(-2, -1)) / sqrt(Float(headDim)), axis: -1), v)
        return MLX.sigmoid(wo(mergeHeads(mixed))).squeezed(axis: -1)
    }
}

import Foundation
import MLX
import MLXNN

typealias KeysValues = (MLXArray, MLXArray)

/// What the decoder keeps from step to step, for one window of audio.
struct DecoderState {
    var mixer: MLXArray?
    var layers: [KeysValues?]
}

/// A causal depthwise convolution; its state is the last kernel - 1 embeddings.
final class TokenMixer: Module {
    let context: Int
    @ModuleInfo(key: "conv") var conv: Conv1d

    init(_ config: WhinchatConfiguration) {
        context = config.mixerKernel - 1
        _conv.wrappedValue = Conv1d(
            inputChannels: config.dims, outputChannels: config.dims,
            kernelSize: config.mixerKernel, groups: config.dims)
        super.init()
    }

    func callAsFunction(_ x: MLXArray, state: inout MLXArray?) -> MLXArray {
        let left = state ?? MLXArray.zeros([x.dim(0), context, x.dim(2)], dtype: x.dtype)
        let padded = concatenated([left, x], axis: 1)
        state = padded[0..., (padded.dim(1) - context)..., 0...]
        return x + conv(padded)
    }
}

final class SelfAttention: Module {
    let heads: Int
    let kvHeads: Int
    let scale: Float
    @ModuleInfo(key: "q_proj") var wq: Linear
    @ModuleInfo(key: "k_proj") var wk: Linear
    @ModuleInfo(key: "v_proj") var wv: Linear
    @ModuleInfo(key: "out_proj") var wo: Linear
    @ParameterInfo(key: "q_norm") var qNorm: MLXArray
    @ParameterInfo(key: "k_norm") var kNorm: MLXArray

    init(_ config: WhinchatConfiguration) {
        let headDim = config.dims / config.heads
        heads = config.heads
        kvHeads = config.kvHeads
        scale = 1 / sqrt(Float(headDim))
        _wq.wrappedValue = Linear(config.dims, config.dims, bias: false)
        _wk.wrappedValue = Linear(config.dims, config.kvHeads * headDim, bias: false)
        _wv.wrappedValue = Linear(config.dims, config.kvHeads * headDim, bias: false)
        _wo.wrappedValue = Linear(config.dims, config.dims, bias: false)
        _qNorm.wrappedValue = MLXArray.ones([headDim])
        _kNorm.wrappedValue = MLXArray.ones([headDim])
        super.init()
    }

    private func headNorm(_ x: MLXArray, _ weight: MLXArray) -> MLXArray {
        let power = mean(x * x, axis: -1, keepDims: true)
        return x / sqrt(power + 1e-6) * weight
    }

    func callAsFunction(
        _ x: MLXArray, mask: MLXArray?, cache: KeysValues?
    ) -> (MLXArray, KeysValues) {
        let offset = cache?.0.dim(2) ?? 0
        let q = rotate(headNorm(splitHeads(wq(x), heads), qNorm), offset: offset)
        var k = rotate(headNorm(splitHeads(wk(x), kvHeads), kNorm), offset: offset)
        var v = splitHeads(wv(x), kvHeads)
        if let cache {
            k = concatenated([cache.0, k], axis: 2)
            v = concatenated([cache.1, v], axis: 2)
        }
        let keys = repeated(k, count: heads / kvHeads, axis: 1)
        let values = repeated(v, count: heads / kvHeads, axis: 1)
        var scores = matmul(q, keys.swappedAxes(-1, -2)) * scale
        if let mask {
            scores = scores + mask
        }
        let weights = softmax(scores.asType(.float32), axis: -1).asType(q.dtype)
        return (wo(mergeHeads(matmul(weights, values))), (k, v))
    }
}

final class CrossAttention: Module {
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

    func callAsFunction(_ x: MLXArray, memory: MLXArray) -> MLXArray {
        let q = splitHeads(wq(x), heads)
        let k = splitHeads(wk(memory), heads)
        let v = splitHeads(wv(memory), heads)
        let weights = attentionWeights(matmul(q, k.transposed(0, 1, 3, 2)) * scale)
        return wo(mergeHeads(matmul(weights, v)))
    }
}

final class DecoderLayer: Module {
    @ModuleInfo(key: "self_attn") var selfAttention: SelfAttention
    @ModuleInfo(key: "self_norm") var selfNorm: WhinchatRMSNorm
    @ModuleInfo(key: "cross_attn") var crossAttention: CrossAttention
    @ModuleInfo(key: "cross_norm") var crossNorm: WhinchatRMSNorm
    @ModuleInfo(key: "fc1") var fc1: Linear
    @ModuleInfo(key: "fc2") var fc2: Linear
    @ModuleInfo(key: "mlp_norm") var mlpNorm: WhinchatRMSNorm

    init(_ config: WhinchatConfiguration) {
        _selfAttention.wrappedValue = SelfAttention(config)
        _selfNorm.wrappedValue = WhinchatRMSNorm(dims: config.dims)
        _crossAttention.wrappedValue = CrossAttention(config)
        _crossNorm.wrappedValue = WhinchatRMSNorm(dims: config.dims)
        _fc1.wrappedValue = Linear(config.dims, 4 * config.dims)
        _fc2.wrappedValue = Linear(4 * config.dims, config.dims)
        _mlpNorm.wrappedValue = WhinchatRMSNorm(dims: config.dims)
        super.init()
    }

    func callAsFunction(
        _ input: MLXArray, memory: MLXArray, mask: MLXArray?, cache: KeysValues?
    ) -> (MLXArray, KeysValues) {
        let (attended, updated) = selfAttention(selfNorm(input), mask: mask, cache: cache)
        var x = input + attended
        x = x + crossAttention(crossNorm(x), memory: memory)
        return (x + fc2(gelu(fc1(mlpNorm(x)))), updated)
    }
}

final class TextDecoder: Module {
    @ModuleInfo(key: "embedding") var embedding: Embedding
    @ModuleInfo(key: "mixer") var mixer: TokenMixer
    @ModuleInfo(key: "layers") var layers: [DecoderLayer]
    @ModuleInfo(key: "norm") var norm: WhinchatRMSNorm

    init(_ config: WhinchatConfiguration) {
        _embedding.wrappedValue = Embedding(
            embeddingCount: config.vocabSize, dimensions: config.dims)
        _mixer.wrappedValue = TokenMixer(config)
        _layers.wrappedValue = (0 ..< config.decoderLayers).map { _ in DecoderLayer(config) }
        _norm.wrappedValue = WhinchatRMSNorm(dims: config.dims)
        super.init()
    }

    func callAsFunction(
        _ tokens: MLXArray, memory: MLXArray, state: inout DecoderState
    ) -> MLXArray {
        var x = mixer(embedding(tokens), state: &state.mixer)
        let mask = tokens.dim(1) > 1 ? causalMask(tokens.dim(1)) : nil
        for (i, layer) in layers.enumerated() {
            let (y, cache) = layer(x, memory: memory, mask: mask, cache: state.layers[i])
            x = y
            state.layers[i] = cache
        }
        return embedding.asLinear(norm(x))
    }
}

import Foundation
import MLX
import MLXNN

func splitHeads(_ x: MLXArray, _ heads: Int) -> MLXArray {
    x.reshaped(x.dim(0), x.dim(1), heads, -1).transposed(0, 2, 1, 3)
}

func mergeHeads(_ x: MLXArray) -> MLXArray {
    x.transposed(0, 2, 1, 3).reshaped(x.dim(0), x.dim(2), -1)
}

func sinusoids(length: Int, channels: Int) -> MLXArray {
    let half = channels / 2
    let frequencies = pow(Float(10_000), MLXArray(0 ..< half).asType(.float32) / Float(-half))
    let angles = MLXArray(0 ..< length).asType(.float32).expandedDimensions(axis: 1) * frequencies
    return concatenated([sin(angles), cos(angles)], axis: -1)
}

/// Rotary positions for x [B, H, T, D], the halves of D rotated against each other.
func rotate(_ x: MLXArray, offset: Int) -> MLXArray {
    let half = x.dim(-1) / 2
    let frequencies = pow(Float(10_000), MLXArray(0 ..< half).asType(.float32) / Float(-half))
    let positions = MLXArray(offset ..< offset + x.dim(2)).asType(.float32)
    let angles = positions.expandedDimensions(axis: 1) * frequencies
    let cosines = cos(angles)
    let sines = sin(angles)
    let first = x[.ellipsis, ..<half]
    let second = x[.ellipsis, half...]
    return concatenated(
        [first * cosines - second * sines, second * cosines + first * sines], axis: -1)
}

func causalMask(_ length: Int) -> MLXArray {
    triu(MLXArray.full([length, length], values: MLXArray(-Float.infinity)), k: 1)
}

func attentionWeights(_ scores: MLXArray) -> MLXArray {
    softmax(scores, axis: -1)
}

final class WhinchatLayerNorm: Module, UnaryLayer {
    let weight: MLXArray
    let bias: MLXArray
    let eps: Float

    init(dims: Int, eps: Float = 1e-5) {
        self.weight = MLXArray.ones([dims])
        self.bias = MLXArray.zeros([dims])
        self.eps = eps
        super.init()
    }

    func callAsFunction(_ x: MLXArray) -> MLXArray {
        let mu = mean(x, axis: -1, keepDims: true)
        let sigma = variance(x, axis: -1, keepDims: true)
        let normalized = (x - mu) / sqrt(sigma + eps)
        return normalized * weight + bias
    }
}

final class WhinchatRMSNorm: Module, UnaryLayer {
    let weight: MLXArray
    let eps: Float

    init(dims: Int, eps: Float = 1e-5) {
        self.weight = MLXArray.ones([dims])
        self.eps = eps
        super.init()
    }

    func callAsFunction(_ x: MLXArray) -> MLXArray {
        let meanSquare = x.square().mean(axis: -1, keepDims: true)
        return x * rsqrt(meanSquare + eps) * weight
    }
}

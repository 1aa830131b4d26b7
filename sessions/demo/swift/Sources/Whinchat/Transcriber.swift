import Foundation
import MLX
import MLXNN

public struct Segment: Sendable {
    public let start: Float
    public let tokens: [Int]
    public let averageLogProb: Float
}

public actor Transcriber {
    private let model: Whinchat

    public init(model: Whinchat) {
        self.model = model
    }

    private func sample(_ logits: MLXArray) -> Int {
        argMax(logits, axis: -1).item(Int.self)
    }

    func generate(memory: MLXArray, prompt: [Int]) -> ([Int], Float) {
        var state = DecoderState(layers: Array(repeating: nil, count: model.config.decoderLayers))
        var tokens: [Int] = []
        var logProb: Float = 0
        var inputs = MLXArray(prompt).reshaped(1, -1)
        for step in 0 ..< model.config.maxTokens {
            let logits = model.decoder(inputs, memory: memory, state: &state)[0, -1]
            for token in model.config.suppressTokens {
                logits[token] = MLXArray(-Float.infinity)
            }
            let token = sample(logits)
            logProb += log(softmax(logits, axis: -1))[token].item(Float.self)
            print("step \(step): token \(token)")
            if token == model.config.endToken { break }
            tokens.append(token)
            inputs = MLXArray([token]).reshaped(1, 1)
        }
        return (tokens, logProb / Float(max(tokens.count, 1)))
    }

    public func humLevel(_ samples: [Float]) -> Float {
        HumProbe(config: model.config).level(samples)
    }

    public func transcribe(_ samples: [Float]) -> [Segment] {
        let config = model.config
        let prepared = prepareWaveform(samples)
        // The centred front end gives one frame more than the encoder has positions for.
        let length = 30 * config.sampleRate - config.hopLength
        let starts = Array(stride(from: 0, to: prepared.count, by: length))
        var memories: [MLXArray] = []
        for start in starts {
            var window = Array(prepared[start ..< min(start + length, prepared.count)])
            window += [Float](repeating: 0, count: length - window.count)
            memories.append(model.encode(window))
        }

        let language = argMax(model.head.languages(memories[0])).item(Int.self)
        var segments: [Segment] = []
        var level: Float = 0
        for (start, memory) in zip(starts, memories) {
            level = 0.3 * level + 0.7 * model.head.speech(memory).item(Float.self)
            if level < 0.5 { continue }
            let (sure, weights) = model.head.onset(memory)
            let frame = sure.item(Float.self) > 0.5 ? argMax(weights).item(Int.self) : 0
            let seconds = Float(start + 2 * config.hopLength * frame) / Float(config.sampleRate)
            let prompt = [config.startToken, 8 + language]
            let (tokens, logProb) = generate(memory: memory, prompt: prompt)
            segments.append(Segment(start: seconds, tokens: tokens, averageLogProb: logProb))
        }
        return segments
    }
}

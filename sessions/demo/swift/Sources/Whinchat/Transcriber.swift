import Foundation
import MLX
import MLXNN

public struct DecodingOptions: Sendable {
    public var maxTokens = 224
    public var temperature: Float = 0
    public var frequencyPenalty: Float = 0.1
    public var speechThreshold: Float = 0.5
    public var windowSeconds: Float = 30

    public init() {}
}

public struct Segment: Sendable {
    public let start: Float
    public let tokens: [Int]
    public let times: [Float]
    public let averageLogProb: Float
}

public actor Transcriber {
    private let model: Whinchat
    private let options: DecodingOptions
    private let hum: HumProbe

    public init(model: Whinchat, options: DecodingOptions = DecodingOptions()) {
        self.model = model
        self.options = options
        hum = HumProbe(sampleRate: model.config.sampleRate)
    }

    private func sample(_ logits: MLXArray) -> Int {
        if options.temperature == 0 {
            return argMax(logits, axis: -1).item(Int.self)
        }
        return categorical(logits / options.temperature).item(Int.self)
    }

    private func suppressionMask() -> MLXArray {
        var mask = [Float](repeating: 0, count: model.config.vocabularySize)
        for token in model.config.suppressTokens {
            mask[token] = -Float.infinity
        }
        return MLXArray(mask)
    }

    private func tokenCounts(_ tokens: [Int]) -> MLXArray {
        let counts = MLXArray.zeros([model.config.vocabularySize])
        for token in tokens {
            counts[token] = counts[token] + 1
        }
        return counts
    }

    func generate(memory: MLXArray, prompt: [Int]) -> ([Int], Float) {
        var state = DecoderState(layers: model.config.decoderLayers)
        var tokens: [Int] = []
        var logProb: Float = 0
        var inputs = MLXArray(prompt).reshaped(1, -1)
        for step in 0 ..< options.maxTokens {
            let suppressed = suppressionMask()
            var logits = model.decoder(inputs, memory: memory, state: &state)[0, -1]
            logits = logits + suppressed - options.frequencyPenalty * tokenCounts(tokens)
            let token = sample(logits)
            logProb += log(softmax(logits, axis: -1))[token].item(Float.self)
            print("step \(step): token \(token)")
            if token == model.config.endToken { break }
            tokens.append(token)
            inputs = MLXArray([token]).reshaped(1, 1)
        }
        return (tokens, logProb / Float(max(tokens.count, 1)))
    }

    /// Greedy decoding for live captions: each token is handed over as it comes.
    public func stream(_ samples: [Float], language: Int, onToken: @Sendable (Int) -> Void) {
        let memory = model.encode(samples)
        var state = DecoderState(layers: model.config.decoderLayers)
        var inputs = MLXArray([model.config.startToken, 8 + language]).reshaped(1, 2)
        var count = 0
        while count < options.maxTokens {
            let logits = model.decoder(inputs, memory: memory, state: &state)[0, -1]
            for token in model.config.suppressTokens {
                logits[token] = MLXArray(-Float.infinity)
            }
            let next = argMax(logits, axis: -1)
            let token = next.item(Int.self)
            if token == model.config.endToken { return }
            onToken(token)
            inputs = next.reshaped(1, 1)
            count += 1
        }
    }

    public func detectLanguage(_ samples: [Float]) -> Int {
        let scores = model.languageHead(model.encode(samples))
        return argMax(scores).item(Int.self)
    }

    public func humLevel(_ samples: [Float]) -> Float {
        hum.level(samples)
    }

    /// Frames at which the smoothed endpoint probability rises above one half.
    public func endpoints(_ samples: [Float], smoothing: Float = 0.9) -> [Int] {
        let raw = model.endpointHead(model.encode(samples))[0].asArray(Float.self)
        var found: [Int] = []
        var level: Float = 0
        for (frame, value) in raw.enumerated() {
            let before = level
            level = smoothing * level + (1 - smoothing) * value
            if before < 0.5 && level >= 0.5 {
                found.append(frame)
            }
        }
        return found
    }

    public func transcribe(_ samples: [Float], language: Int? = nil) -> [Segment] {
        let config = model.config
        let prepared = prepareWaveform(samples)
        let size = Int(options.windowSeconds * Float(config.sampleRate))
        // The centred front end gives one frame more than the encoder has positions for.
        let length = size - config.hopLength
        let spoken = language ?? detectLanguage(Array(prepared.prefix(length)))
        let prompt = [config.startToken, 8 + spoken]
        let frameSeconds = 2 * Float(config.hopLength) / Float(config.sampleRate)

        let starts = Array(stride(from: 0, to: prepared.count, by: size))
        var memories: [MLXArray] = []
        for start in starts {
            var window = Array(prepared[start ..< min(start + length, prepared.count)])
            window += [Float](repeating: 0, count: length - window.count)
            memories.append(model.encode(window))
        }

        var segments: [Segment] = []
        for (start, memory) in zip(starts, memories) {
            let speech = model.speechGate(memory).item(Float.self)
            if speech < options.speechThreshold { continue }
            let (tokens, logProb) = generate(memory: memory, prompt: prompt)
            let inputs = MLXArray(prompt + tokens).reshaped(1, -1)
            let weights = model.decoder.alignment(inputs, memory: memory)
            var rows: [[Float]] = []
            for row in prompt.count ..< weights.dim(0) {
                rows.append(weights[row].asArray(Float.self))
            }
            let times = tokenTimes(rows, secondsPerFrame: frameSeconds)
            let seconds = Float(start) / Float(config.sampleRate)
            segments.append(
                Segment(start: seconds, tokens: tokens, times: times, averageLogProb: logProb))
        }
        return segments
    }

    private func timestamp(_ seconds: Float) -> String {
        let minutes = Int(seconds) / 60
        return String(format: "%02d:%05.2f", minutes, seconds - Float(60 * minutes))
    }
}

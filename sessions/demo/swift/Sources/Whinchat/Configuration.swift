import Foundation

/// The hyperparameters of a checkpoint, as its `config.json` has them.
public struct WhinchatConfiguration: Codable, Sendable {
    public var sampleRate = 16_000
    public var fftSize = 400
    public var hopLength = 160
    public var melBands = 80
    public var maxFrames = 1500
    public var vocabularySize = 4096
    public var dims = 384
    public var heads = 6
    public var kvHeads = 2
    public var encoderLayers = 4
    public var decoderLayers = 4
    public var mixerKernel = 4
    public var ropeTheta: Float = 10_000
    public var normEps: Float = 1e-6
    public var layerNormEps: Float = 1e-5
    public var scoreCap: Float = 30
    public var slotRounds = 3
    public var dropout: Float = 0
    public var languages = ["en", "de", "fr", "es"]
    public var startToken = 1
    public var endToken = 2
    public var suppressTokens = [0, 1, 3, 4, 5, 6, 7]

    enum CodingKeys: String, CodingKey {
        case sampleRate = "sample_rate"
        case fftSize = "n_fft"
        case hopLength = "hop_length"
        case melBands = "n_mels"
        case maxFrames = "max_frames"
        case vocabularySize = "vocab_size"
        case dims, heads, dropout, languages
        case kvHeads = "kv_heads"
        case encoderLayers = "encoder_layers"
        case decoderLayers = "decoder_layers"
        case mixerKernel = "mixer_kernel"
        case ropeTheta = "rope_theta"
        case normEps = "norm_eps"
        case layerNormEps = "layer_norm_eps"
        case scoreCap = "score_cap"
        case slotRounds = "slot_rounds"
        case startToken = "start_token"
        case endToken = "end_token"
        case suppressTokens = "suppress_tokens"
    }
}

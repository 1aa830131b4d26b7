import Foundation
import Whinchat

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    print("usage: whinchat-cli MODEL-FOLDER AUDIO-FILE")
    exit(2)
}

let model = try Whinchat.load(from: URL(fileURLWithPath: arguments[1]))
let samples = try AudioFile.load(
    URL(fileURLWithPath: arguments[2]), sampleRate: model.config.sampleRate)
let transcriber = Transcriber(model: model)

if await transcriber.humLevel(samples) > 0.5 {
    print("note: strong mains hum (level \(rmsLevel(samples)))")
}
for segment in await transcriber.transcribe(samples) {
    print(segment.start, segment.tokens, segment.averageLogProb)
}

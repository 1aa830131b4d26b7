// A small OpenAI-like server before llama.cpp (by node-llama-cpp): node llama-shim.mjs MODEL.gguf PORT
// Only what the test needs: one stream at a time, tokens as they come, usage at the end.
import http from "node:http"
import {getLlama, LlamaCompletion} from "node-llama-cpp"

const [file, port] = process.argv.slice(2)
const llama = await getLlama({build: "never", gpu: false, logLevel: "error"})
const model = await llama.loadModel({modelPath: file})
const context = await model.createContext({contextSize: 1024})

http.createServer(async (request, response) => {
	let body = ""
	for await (const piece of request) body += piece
	const {messages, max_tokens: maxTokens} = JSON.parse(body)
	const send = (data) => response.write(`data: ${JSON.stringify(data)}\n\n`)
	response.writeHead(200, {"Content-Type": "text/event-stream"})
	const sequence = context.getSequence()
	const completion = new LlamaCompletion({contextSequence: sequence})
	const prompt = model.tokenize(messages.map((m) => m.content).join("\n"))
	let count = 0
	const result = await completion.generateCompletionWithMeta(prompt, {
		maxTokens,
		temperature: 1,
		seed: 1,
		onToken: (tokens) => { count += tokens.length },
		onTextChunk: (text) => send({choices: [{index: 0, delta: {content: text}, finish_reason: null}]})
	})
	const reason = result.metadata.stopReason === "maxTokens" ? "length" : "stop"
	send({choices: [{index: 0, delta: {}, finish_reason: reason}]})
	send({choices: [], usage: {prompt_tokens: prompt.length, completion_tokens: count}})
	response.end("data: [DONE]\n\n")
	completion.dispose()
	sequence.dispose()
}).listen(Number(port), "127.0.0.1")

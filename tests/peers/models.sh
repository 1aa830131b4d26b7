# Model servers: @dwmkerr/mock-llm (OpenAI's event stream), the same behind @musistudio/claude-code-router (Anthropic's),
# and llama.cpp through node-llama-cpp with a random model. Asked by tests/peers/ask.c, which is the program's client.
set -u
mock=@dwmkerr/mock-llm@0.1.29
router=@musistudio/claude-code-router@2.0.0
llama=node-llama-cpp@3.22.1
here=$PWD/tests/peers
n=0
bad=0
started=

ok() { n=$((n + 1)) && echo "ok $n - $1"; }
not_ok() { n=$((n + 1)) && bad=1 && echo "not ok $n - $1" && echo "$2" | sed 's/^/# /'; }
skip() { n=$((n + 1)) && echo "ok $n # SKIP $1"; }
done_with() {
	echo "1..$n"
	exit "$bad"
}
stop() { for pid in $started; do kill "$pid" 2>/dev/null; done; }
trap stop EXIT
trap 'exit 130' HUP INT TERM

# A free port on this machine.
port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
# Waits until something listens on the port, at most 30 s, without guessing at times.
listening() {
	node -e '
		const end = Date.now() + 30000
		const go = () => { const s = require("net").connect(+process.argv[1], "127.0.0.1", () => process.exit(0))
			s.on("error", () => Date.now() > end ? process.exit(1) : setTimeout(go, 50)) }
		go()' "$1"
}
# install FOLDER PACKAGE...: by npm, without running anything of the packages.
install() {
	folder=$PEERS/$1
	shift
	[ -e "$folder/complete" ] && return 0
	mkdir -p "$folder" && echo '{}' >"$folder/package.json" && (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts --omit=optional "$@" >npm.log 2>&1) &&
		touch "$folder/complete"
}
# expect NAME FIRST-LINE-BEGINS TEXT -- variables and arguments of ask
expect() {
	name=$1 first=$2 text=$3
	shift 4
	got=$(env "$@" 2>&1)
	case $got in
	"$first"*"$text"*) ok "$name" ;;
	*) not_ok "$name" "$got" ;;
	esac
}

command -v npm >/dev/null 2>&1 || { skip "model servers: npm is missing" && done_with; }
ask=$PEERS/ask
${CC:-cc} -std=c11 -pthread -I. -DTRIPTYCH_VERSION='"peers"' -o "$ask" tests/peers/ask.c prompts/*.c core/base.c core/json.c core/git.c \
	$(pkg-config --cflags --libs libcurl libcjson libgit2) -lm || { not_ok "tests/peers/ask.c builds" "" && done_with; }

# ---- OpenAI's event stream ----

install mock "$mock" || { skip "model servers: npm cannot install $mock (no network?)" && done_with; }
mock_port=$(port)
PORT=$mock_port "$PEERS/mock/node_modules/.bin/mock-llm" --config "$here/mock-llm.yaml" >"$PEERS/mock/log" 2>&1 &
started="$started $!"
if listening "$mock_port"; then
	url=TRIPTYCH_MODEL_URL=http://127.0.0.1:$mock_port/v1
	expect "$mock: an answer in pieces" "done stop=stop" "A Grüße 😀 answer of several pieces" -- "$url" TRIPTYCH_MODEL=m "$ask" hello
	expect "$mock: an error at status 200" "failed stop=" "boom - server_error" -- "$url" TRIPTYCH_MODEL=m "$ask" error-in-stream
	expect "$mock: a key that isn't accepted" "failed stop=" "Incorrect API key provided" -- "$url" TRIPTYCH_MODEL=m "$ask" error-401
	expect "$mock: nobody listens" "cancelled stop=" "attempts" -- TRIPTYCH_MODEL_URL=http://127.0.0.1:1/v1 TRIPTYCH_MODEL=m "$ask" hello 1
else
	skip "$mock does not start: $(tail -n 1 "$PEERS/mock/log")"
fi

# ---- Anthropic's event stream, made by a third program from the first ----

if install router "$router"; then
	router_port=$(port)
	mkdir -p "$PEERS/router/home/.claude-code-router"
	cat >"$PEERS/router/home/.claude-code-router/config.json" <<END
{"HOST":"127.0.0.1","PORT":$router_port,"LOG":false,"APIKEY":"peer-key","Router":{"default":"mock,m"},
 "Providers":[{"name":"mock","api_base_url":"http://127.0.0.1:$mock_port/v1/chat/completions","api_key":"x","models":["m"]}]}
END
	HOME=$PEERS/router/home "$PEERS/router/node_modules/.bin/ccr" start >"$PEERS/router/log" 2>&1 &
	started="$started $!"
	if listening "$router_port"; then
		set -- TRIPTYCH_PROVIDER=anthropic TRIPTYCH_MODEL_URL="http://127.0.0.1:$router_port" TRIPTYCH_MODEL=mock,m
		expect "$router: an answer as Anthropic's events" "done stop=end_turn" "A Grüße 😀 answer of several pieces" -- "$@" \
			TRIPTYCH_API_KEY=peer-key "$ask" hello
		expect "$router: a wrong key" "failed stop=" "401 the key was not accepted" -- "$@" TRIPTYCH_API_KEY=wrong "$ask" hello
	else
		skip "$router does not start: $(tail -n 1 "$PEERS/router/log")"
	fi
else
	skip "npm cannot install $router"
fi

# ---- a server whose certificate nobody vouches for ----

if command -v openssl >/dev/null 2>&1; then
	tls_port=$(port)
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$PEERS/key.pem" -out "$PEERS/cert.pem" 2>/dev/null
	openssl s_server -accept "$tls_port" -cert "$PEERS/cert.pem" -key "$PEERS/key.pem" -www >"$PEERS/tls.log" 2>&1 &
	started="$started $!"
	listening "$tls_port"
	expect "$(openssl version | cut -d' ' -f1,2): a self-signed certificate is refused" "failed stop= in=-1 out=-1 attempts=1" "certificate" -- \
		TRIPTYCH_MODEL_URL="https://127.0.0.1:$tls_port/v1" TRIPTYCH_MODEL=m TRIPTYCH_API_KEY=never-sent-anywhere "$ask" hello 20
else
	skip "openssl is missing"
fi

# ---- llama.cpp ----

case $(uname -s)-$(uname -m) in
Linux-x86_64) binary=@node-llama-cpp/linux-x64@3.22.1 ;;
Darwin-arm64) binary=@node-llama-cpp/mac-arm64-metal@3.22.1 ;;
*) binary= ;;
esac
if [ -z "$binary" ]; then
	skip "llama.cpp: no binary for this machine"
elif install llama "$llama" "$binary"; then
	llama_port=$(port)
	cp "$here/llama-shim.mjs" "$PEERS/llama/shim.mjs"
	"${PYTHON:-python3}" "$here/random_gguf.py" "$PEERS/llama/random.gguf"
	(cd "$PEERS/llama" && exec node shim.mjs random.gguf "$llama_port") >"$PEERS/llama/log" 2>&1 &
	started="$started $!"
	if listening "$llama_port"; then
		got=$(TRIPTYCH_MODEL_URL="http://127.0.0.1:$llama_port/v1" TRIPTYCH_MODEL=random "$ask" hello 120)
		# A random model says random things until it says the end, or is cut at the limit, which is no success.
		case $got in
		"done stop=stop in="[1-9]*" out="[1-9]*) ok "$llama: tokens of a real model" ;;
		"not complete stop=length in="[1-9]*" out=32 "*"cut at the limit of tokens"*) ok "$llama: tokens of a real model" ;;
		*) not_ok "$llama: tokens of a real model" "$got" ;;
		esac
	else
		skip "llama.cpp does not start: $(tail -n 1 "$PEERS/llama/log")"
	fi
else
	skip "npm cannot install $llama"
fi
done_with

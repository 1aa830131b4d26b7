/* core/ops: what people write in three dialects is the operation it is, and no other. */
#include "core/posix.h"

#include "core/data.h"
#include "core/ops_table.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- calls as text ----
 * "swift .softmax(axis)", "mx mx.softmax(_, axis)", "torch F.softmax(_, dim)", "swift .== 2": a dialect, a call, its
 * arguments as '_' (unlabelled), '1' (an unlabelled integer literal), 's' (a string literal) or a label; an operator has its number of operands
 * behind it. "host" or "device" before the call says what the receiver is. */
typedef struct Spelled {
	OpCall call;
	Str labels[16];
} Spelled;

static Str word(Str *rest) {
	Str part = STR_NONE;
	str_split(rest, ' ', &part);
	return part;
}

static void read_labels(Spelled *s, Str list) {
	Str part;
	if (!str_trim(list).len) return;
	while (str_split(&list, ',', &part)) {
		part = str_trim(part);
		assert_true(s->call.n_args < BASE_COUNT(s->labels));
		if (str_is(part, "1")) s->call.integers |= UINT32_C(1) << s->call.n_args;
		if (str_is(part, "s")) s->call.strings |= UINT32_C(1) << s->call.n_args;
		bool is_labelled = !str_is(part, "_") && !str_is(part, "1") && !str_is(part, "s");
		s->labels[s->call.n_args++] = is_labelled ? part : STR_NONE;
	}
}

static void read_call(Spelled *s, Str text) {
	size_t open = str_find(text, "(", 0), dot = SIZE_MAX;
	Str head = str_sub(text, 0, open == SIZE_MAX ? text.len : open);
	bool is_member = str_starts(head, ".");
	s->call.form = open == SIZE_MAX ? CALL_PROPERTY : is_member ? CALL_METHOD : CALL_FUNCTION;
	if (is_member) head = str_sub(head, 1, head.len);
	for (size_t i = 0; i < head.len; i++)
		if (head.ptr[i] == '.') dot = i;
	s->call.name = dot == SIZE_MAX ? head : str_sub(head, dot + 1, head.len);
	if (dot != SIZE_MAX) s->call.qualifier = str_sub(head, 0, dot);
	if (open != SIZE_MAX) read_labels(s, str_sub(text, open + 1, text.len - 1));
}

static void spell(Spelled *s, const char *written) {
	Str text = str_of(written), dialect = word(&text);
	memset(s, 0, sizeof *s);
	s->call.labels = s->labels;
	s->call.dialect = str_is(dialect, "swift") ? DIALECT_SWIFT : str_is(dialect, "mx") ? DIALECT_MLX : DIALECT_TORCH;
	if (str_starts(text, "host ")) word(&text), s->call.receiver = OP_RECEIVER_HOST;
	if (str_starts(text, "device ")) word(&text), s->call.receiver = OP_RECEIVER_DEVICE;
	bool is_operator = str_ends(text, " 1") || str_ends(text, " 2");
	if (!is_operator) {
		read_call(s, text);
		return;
	}
	s->call.form = CALL_OPERATOR;
	s->call.n_args = (size_t)(text.ptr[text.len - 1] - '0');
	s->call.name = str_sub(text, 0, text.len - 2);
}

static const char *resolve(const char *written, OpMatch *match) {
	Spelled s;
	spell(&s, written);
	return ops_resolve(&s.call, match) ? op_info(match->op)->name : "none";
}

static void assert_resolves(const char *written, const char *op) {
	OpMatch match;
	const char *found = resolve(written, &match);
	if (strcmp(found, op) != 0) fail_msg("%s is %s, not %s", written, found, op);
}

/* ---- the same operation ---- */

typedef struct Row {
	const char *op;
	const char *spelled[14];
} Row;

static const Row same[] = {
	{ "softmax",
	    { "swift softmax(_, axis)", "swift MLX.softmax(_, axis, precise)", "swift .softmax(axis)",
	        "swift softMax(_, axes)", "mx mx.softmax(_, axis)", "mx mlx.core.softmax(_, _)", "mx nn.softmax(_, axis)",
	        "torch torch.softmax(_, dim)", "torch F.softmax(_, dim, dtype)", "torch .softmax(1)",
	        "torch nn.functional.softmax(input, dim)", "torch nn.Softmax(dim)", "swift softmax(_, axis, stream)" } },
	{ "matmul",
	    { "swift matmul(_, _)", "swift MLX.matmul(_, _)", "swift .matmul(_)", "mx mx.matmul(_, _)", "mx @ 2",
	        "torch @ 2", "torch torch.bmm(_, _)", "torch .matmul(_)", "torch torch.matmul(_, _)", "torch .mm(_)" } },
	{ "add", { "swift + 2", "swift += 2", "mx + 2", "torch + 2", "torch torch.add(_, _)", "torch .add_(_)",
	             "mx mx.add(_, _)", "torch torch.add(_, other, alpha)" } },
	{ "subtract", { "swift - 2", "mx - 2", "mx -= 2", "torch .sub(_)" } },
	{ "negative", { "swift - 1", "mx - 1", "torch - 1", "torch torch.neg(_)", "swift negative(_)" } },
	{ "pow", { "swift ** 2", "swift pow(_, _)", "swift .pow(_)", "mx ** 2", "mx mx.power(_, _)", "mx math.pow(_, _)",
	             "torch torch.pow(_, 1)", "torch .pow(1)" } },
	{ "eq", { "swift .== 2", "swift == 2", "mx == 2", "torch .eq(_)", "swift MLX.equal(_, _)" } },
	{ "lt", { "swift .< 2", "swift < 2", "mx < 2", "torch torch.lt(_, _)" } },
	{ "le", { "swift .<= 2", "swift <= 2", "mx <= 2" } },
	{ "logical_and", { "swift .&& 2", "swift logicalAnd(_, _)", "mx mx.logical_and(_, _)", "torch .logical_and(_)" } },
	{ "logical_not", { "swift .! 1", "mx mx.logical_not(_)" } },
	{ "bool_and", { "swift && 2", "mx and 2", "torch and 2" } },
	{ "bool_not", { "swift ! 1", "mx not 1" } },
	{ "coalesce", { "swift ?? 2" } },
	{ "range", { "swift ..< 2", "swift stride(from, to, by)", "mx range(_)", "torch range(_, _, _)",
	               "mx builtins.range(1)" } },
	{ "range_closed", { "swift ... 2", "swift stride(from, through, by)" } },
	{ "where", { "swift where(_, _, _)", "swift MLX.where(_, _, _)", "swift which(_, _, _)", "mx mx.where(_, _, _)",
	               "torch torch.where(_, _, _)", "torch .masked_fill(_, _)", "torch .masked_fill_(_, 1)",
	               "torch .masked_fill(mask, value)" } },
	{ "reshape", { "swift .reshaped(_, _, _)", "swift reshaped(_, _)", "swift .reshaped(_)", "mx .reshape(_, 1, _)",
	                 "mx mx.reshape(_, _)", "torch .view(_, 1)", "torch .reshape(_)", "torch torch.reshape(_, _)",
	                 "torch .view_as(_)" } },
	{ "transpose", { "swift .transposed(1, 1, 1)", "swift .transposed(axes)", "swift .T", "swift transposed(_, axes)",
	                   "mx .transpose(1, 1, 1)", "mx .T", "mx mx.transpose(_, _)", "torch .permute(1, 1, 1)",
	                   "torch .t()", "torch torch.permute(_, _)", "torch .T" } },
	{ "swapaxes",
	    { "swift .swappedAxes(1, 1)", "swift swappedAxes(_, 1, 1)", "mx .swapaxes(1, 1)", "mx mx.swapaxes(_, 1, 1)",
	        "torch .transpose(1, 1)", "torch torch.transpose(_, 1, 1)", "torch .transpose(dim0, dim1)" } },
	{ "expand_dims",
	    { "swift .expandedDimensions(axis)", "swift expandedDimensions(_, axes)", "mx mx.expand_dims(_, axis)",
	        "mx mx.expand_dims(_, 1)", "torch .unsqueeze(1)", "torch torch.unsqueeze(_, dim)" } },
	{ "squeeze", { "swift .squeezed(axis)", "swift squeezed(_)", "mx .squeeze(1)", "torch .squeeze()" } },
	{ "broadcast_to",
	    { "swift broadcast(_, to)", "mx mx.broadcast_to(_, _)", "torch .expand(_, 1, 1)", "torch .expand_as(_)" } },
	{ "concat", { "swift concatenated(_, axis)", "mx mx.concatenate(_, axis)", "mx mx.concat(_, 1)",
	                "torch torch.cat(_, dim)", "torch torch.cat(tensors, dim)", "torch torch.concat(_, 1)" } },
	{ "stack", { "swift stacked(_, axis)", "mx mx.stack(_)", "torch torch.stack(_, dim)" } },
	{ "split",
	    { "swift split(_, parts, axis)", "swift .split(indices, axis)", "swift .split(axis)", "mx mx.split(_, _, axis)",
	        "torch .chunk(1, dim)", "torch torch.chunk(_, 1, 1)", "swift device .split(parts)" } },
	{ "split_sizes", { "torch torch.split(_, 1, dim)", "torch .split(_, dim)" } },
	{ "host_split", { "swift .split(separator)", "swift host .split(separator, maxSplits)" } },
	{ "tile",
	    { "swift tiled(_, repetitions)", "mx mx.tile(_, _)", "torch .repeat(1, 1, _)", "torch torch.tile(_, _)" } },
	{ "repeat", { "swift repeated(_, count, axis)", "mx mx.repeat(_, 1, axis)", "torch .repeat_interleave(_, dim)",
	                "torch torch.repeat_interleave(_, _, dim)" } },
	{ "pad", { "swift padded(_, widths)", "mx mx.pad(_, _)", "torch F.pad(_, _)", "torch F.pad(_, _, mode, value)" } },
	{ "take", { "swift take(_, _, axis)", "swift .take(_)", "mx mx.take(_, _, axis)", "torch .index_select(1, _)" } },
	{ "take_along_axis", { "swift takeAlong(_, _, axis)", "mx mx.take_along_axis(_, _, axis)",
	                         "torch torch.gather(_, 1, _)", "torch .gather(dim, index)" } },
	{ "sum", { "swift sum(_, axis, keepDims)", "swift .sum()", "mx .sum(axis, keepdims)", "torch .sum(dim)",
	             "torch torch.sum(_, dim, keepdim)", "torch .sum(1, keepdim)" } },
	{ "max", { "swift .max(axis)", "swift max(_, axis)", "swift MLX.max(_)", "mx mx.max(_, axis)", "torch torch.max(_)",
	             "torch .max()", "torch .amax(dim)" } },
	{ "max_pair",
	    { "torch .max(dim)", "torch torch.max(_, 1)", "torch .max(1, keepdim)", "torch torch.max(_, dim, keepdim)" } },
	{ "maximum",
	    { "swift maximum(_, _)", "mx mx.maximum(_, _)", "torch torch.maximum(_, _)", "torch torch.max(_, _)" } },
	{ "host_max",
	    { "swift max(_, _)", "swift Swift.max(_, _)", "mx max(_, _)", "mx max(_)", "torch max(_, default)" } },
	{ "argmax",
	    { "swift argMax(_, axis)", "mx mx.argmax(_, axis)", "torch .argmax(dim)", "torch torch.argmax(_, 1)" } },
	{ "topk", { "swift top(_, k)", "mx mx.topk(_, 1)" } },
	{ "topk_pair", { "torch torch.topk(_, 1)", "torch .topk(_, dim)" } },
	{ "sort", { "swift sorted(_, axis)", "mx mx.sort(_, axis)" } },
	{ "sort_pair", { "torch torch.sort(_, dim, descending)" } },
	{ "var", { "swift variance(_, axis)", "mx mx.var(_, axis, keepdims)", "torch .var(dim, unbiased)",
	             "torch torch.var(_, 1)" } },
	{ "norm", { "swift norm(_, ord, axis)", "swift MLXLinalg.norm(_)", "mx mx.linalg.norm(_, axis)",
	              "torch torch.norm(_, dim)", "torch torch.linalg.norm(_)" } },
	{ "linear",
	    { "swift Linear(_, _, bias)", "mx nn.Linear(_, _, bias)", "torch nn.Linear(_, _)", "torch F.linear(_, _, _)",
	        "swift MLXNN.Linear(_, _)", "torch torch.nn.Linear(in_features, out_features)" } },
	{ "conv1d", { "swift Conv1d(inputChannels, outputChannels, kernelSize, stride)", "swift conv1d(_, _, stride)",
	                "mx nn.Conv1d(_, _, _, stride, padding)", "mx mx.conv1d(_, _, stride)",
	                "torch nn.Conv1d(_, _, kernel_size)", "torch F.conv1d(_, _, _, 1)" } },
	{ "rms_norm", { "swift RMSNorm(dimensions, eps)", "swift MLXFast.rmsNorm(_, weight, eps)", "mx nn.RMSNorm(_, eps)",
	                  "mx mx.fast.rms_norm(_, _, _)", "torch nn.RMSNorm(_, eps)" } },
	{ "layer_norm", { "swift LayerNorm(dimensions)", "mx mx.fast.layer_norm(_, _, _, _)", "torch F.layer_norm(_, _)",
	                    "torch nn.LayerNorm(_, elementwise_affine)" } },
	{ "rope", { "swift MLXFast.RoPE(_, dimensions, traditional, base, scale, offset)", "swift RoPE(dimensions, base)",
	              "mx mx.fast.rope(_, _, traditional, base, scale, offset)", "mx nn.RoPE(_, traditional)" } },
	{ "sdpa", { "swift MLXFast.scaledDotProductAttention(queries, keys, values, scale, mask)",
	              "swift scaledDotProductAttention(queries, keys, values, scale, mask, sinks)",
	              "mx mx.fast.scaled_dot_product_attention(_, _, _, scale, mask)",
	              "torch F.scaled_dot_product_attention(_, _, _, attn_mask, dropout_p)",
	              "torch F.scaled_dot_product_attention(query, key, value, is_causal)" } },
	{ "gelu", { "swift gelu(_)", "swift GELU()", "mx nn.gelu(_)", "torch F.gelu(_, approximate)", "torch nn.GELU()" } },
	{ "gelu_approx", { "swift geluApproximate(_)", "mx nn.gelu_approx(_)" } },
	{ "silu", { "swift silu(_)", "swift SiLU()", "mx nn.silu(_)", "torch F.silu(_)", "torch nn.SiLU(inplace)" } },
	{ "embedding",
	    { "swift Embedding(embeddingCount, dimensions)", "mx nn.Embedding(_, _)", "torch F.embedding(_, _)" } },
	{ "dropout",
	    { "swift Dropout(p)", "mx nn.Dropout(_)", "torch F.dropout(_, p, training)", "torch nn.Dropout(_, _)" } },
	{ "rfft", { "swift rfft(_)", "swift MLXFFT.rfft(_, n, axis)", "swift MLX.rfft(_, axis)", "mx mx.fft.rfft(_, n)",
	              "torch torch.fft.rfft(_, dim)" } },
	{ "fft", { "swift fft(_)", "mx mx.fft.fft(_)", "torch torch.fft.fft(_, 1)" } },
	{ "astype", { "swift .asType(_)", "mx .astype(_)", "torch .float()", "torch .to(dtype)", "torch .type_as(_)",
	                "torch .to(device, dtype)" } },
	{ "copy_of", { "torch .clone()", "torch .detach()", "torch torch.clone(_)" } },
	{ "item", { "swift .item()", "swift .item(_)", "mx .item()", "torch .item()" } },
	{ "as_array", { "swift .asArray(_)", "mx .tolist()", "torch .numpy()", "torch .tolist()" } },
	{ "eval", { "swift eval(_)", "swift eval(_, _, _)", "swift MLX.eval(_)", "swift .eval()", "mx mx.eval(_, _)" } },
	{ "async_eval", { "swift asyncEval(_)", "mx mx.async_eval(_)" } },
	{ "array", { "swift MLXArray(_)", "swift MLXArray(_, _)", "swift MLXArray(converting)", "mx mx.array(_, dtype)",
	               "torch torch.tensor(_, device)", "torch torch.from_numpy(_)", "torch torch.as_tensor(_)" } },
	{ "zeros", { "swift zeros(_)", "swift MLXArray.zeros(_, type)", "swift MLX.zeros(_, dtype)", "mx mx.zeros(_, _)",
	               "torch torch.zeros(1, 1, device)", "torch torch.zeros(_, dtype)", "torch .new_zeros(_)" } },
	{ "zeros_like",
	    { "swift zeros(like)", "swift MLXArray.zeros(like)", "mx mx.zeros_like(_)", "torch torch.zeros_like(_)" } },
	{ "arange", { "swift MLXArray.arange(_)", "swift arange(_, _, step)", "mx mx.arange(_)", "mx mx.arange(1, _, 1)",
	                "torch torch.arange(_, device)", "torch torch.arange(1, _)", "torch torch.arange(end)" } },
	{ "random_normal",
	    { "swift MLXRandom.normal(_)", "swift normal(_, key)", "mx mx.random.normal(_)", "torch torch.randn(_, _)" } },
	{ "random_categorical",
	    { "swift MLXRandom.categorical(_)", "swift categorical(_, axis, count)", "mx mx.random.categorical(_)" } },
	{ "random_multinomial", { "torch torch.multinomial(_, num_samples)" } },
	{ "cross_entropy", { "swift crossEntropy(logits, targets, reduction)", "mx nn.losses.cross_entropy(_, _)",
	                       "torch F.cross_entropy(_, _)" } },
	{ "compile", { "swift compile(_)", "swift compile(inputs, outputs, shapeless, _)", "mx mx.compile(_)",
	                 "torch torch.compile(_)" } },
	{ "clear_cache", { "swift Memory.clearCache()", "swift GPU.clearCache()", "mx mx.clear_cache()",
	                     "mx mx.metal.clear_cache()", "torch torch.cuda.empty_cache()" } },
	{ "cache_limit", { "swift GPU.set(cacheLimit)", "swift Memory.cacheLimit", "mx mx.set_cache_limit(_)" } },
	{ "memory_limit",
	    { "swift GPU.set(memoryLimit, relaxed)", "swift Memory.memoryLimit", "mx mx.set_memory_limit(_)" } },
	{ "einsum", { "swift einsum(_, _, _)", "mx mx.einsum(_, _, _)", "torch torch.einsum(_, _, _)" } },
	{ "rearrange", { "mx einops.rearrange(_, _, h)", "torch einops.rearrange(_, _)" } },
	{ "dim", { "swift .dim(1)", "torch .size(1)", "torch .size(dim)" } },
	{ "shape", { "swift .shape", "mx .shape", "torch .shape", "torch .size()" } },
	{ "ndim", { "swift .ndim", "mx .ndim", "torch .dim()", "torch .ndim" } },
	{ "count", { "swift .count", "mx len(_)", "torch len(_)" } },
	{ "array_append", { "swift .append(_)", "mx .append(_)", "torch host .append(_)" } },
	{ "array_extend", { "swift .append(contentsOf)", "mx .extend(_)" } },
	{ "reserve_capacity", { "swift .reserveCapacity(_)" } },
	{ "array_repeating", { "swift Array(repeating, count)" } },
	{ "map", { "swift .map(_)", "mx map(_, _)" } },
	{ "reduce", { "swift .reduce(_, _)", "swift .reduce(into, _)" } },
	{ "zip", { "swift zip(_, _)", "mx zip(_, _)", "torch zip(_, _, _)" } },
	{ "enumerated", { "swift .enumerated()", "mx enumerate(_)" } },
	{ "host_float", { "swift Float(_)", "mx float(_)" } },
	{ "host_int", { "swift Int(_)", "torch int(_)" } },
	{ "sqrt", { "swift sqrt(_)", "swift .sqrt()", "swift Foundation.sqrt(_)", "mx math.sqrt(_)", "mx mx.sqrt(_)",
	              "torch torch.sqrt(_)", "torch .sqrt()", "swift .squareRoot()" } },
	{ "host_sorted", { "swift .sorted()", "swift .sorted(by)", "swift .sorted(_)", "mx sorted(_, key)" } },
	{ "host_max_element", { "swift .max(by)", "swift host .max(by)" } },
	{ "np_zeros", { "mx np.zeros(_)", "torch numpy.zeros(_, dtype)" } },
	{ "np_sum", { "mx np.sum(_, axis)", "torch np.sum(_)" } },
	{ "np_rfft", { "mx np.fft.rfft(_)" } },
	{ "vdsp_vmul", { "swift vDSP_vmul(_, _, _, _, _, _, _)" } },
	{ "vv_expf", { "swift vvexpf(_, _, _)" } },
	{ "vforce_exp", { "swift vForce.exp(_)" } },
	{ "concurrent_perform", { "swift DispatchQueue.concurrentPerform(iterations, execute)",
	                            "swift DispatchQueue.concurrentPerform(iterations, _)" } },
	{ "print", { "swift print(_, _)", "mx print(_, end)" } },
	{ "quantize_model",
	    { "mx nn.quantize(_)", "mx nn.quantize(_, group_size, bits)", "swift quantize(model, groupSize, bits, _)" } },
	{ "cache_update", { "swift .update(keys, values)", "mx .update_and_fetch(_, _)", "torch .update(_, _, _)" } },
	{ "sdpa_with_cache", { "swift attentionWithCacheUpdate(queries, keys, values, cache, scale, mask)" } },
	{ "quantize_array",
	    { "mx mx.quantize(_)", "mx mx.quantize(_, group_size, bits)", "swift quantized(_, groupSize)" } },
};

static void spellings_of_one_operation_are_one(void **state) {
	(void)state;
	size_t n = 0;
	for (size_t i = 0; i < BASE_COUNT(same); i++)
		for (size_t j = 0; j < BASE_COUNT(same[i].spelled) && same[i].spelled[j]; j++, n++)
			assert_resolves(same[i].spelled[j], same[i].op);
	assert_true(n >= 300);
}

/* ---- look-alikes ---- */

typedef struct Pair {
	const char *spelled, *op;
} Pair;

static const Pair not_ours[] = {
	{ "swift Helpers.softmax(_, axis)", "none" },
	{ "swift softmax(_, dim)", "none" },
	{ "swift softmax(axis)", "none" },
	{ "swift matmul(_)", "none" },
	{ "swift .split(with)", "none" },
	{ "swift Layer.eval(_)", "none" },
	{ "swift .clearCache()", "none" },
	{ "swift Cache.clearCache()", "none" },
	{ "swift zeros(shaped)", "none" },
	{ "swift @ 2", "none" },
	{ "mx softmax(_, axis)", "none" }, /* a function of the project's own */
	{ "mx utils.softmax(_, axis)", "none" },
	{ "mx mx.unsqueeze(_, 1)", "none" },
	{ "mx .unsqueeze(1)", "none" },
	{ "mx torch.softmax(_, dim)", "none" },
	{ "mx .permute(1, 1)", "none" },
	{ "torch mx.softmax(_, axis)", "none" },
	{ "torch .astype(_, _, _, _)", "none" },
	{ "torch F.softmax()", "none" },
	{ "torch librosa.softmax(_)", "none" },
	{ "swift .== 1", "none" },
	{ "torch .update(_)", "none" },
	{ "mx host .add(_)", "set_add" },
	{ "torch device .add(_)", "add" },
	{ "mx .split()", "host_split" },
	{ "mx .split(s)", "host_split" },
	{ "torch .split(s, 1)", "host_split" },
	{ "torch .split(_, 1)", "split_sizes" },
	{ "swift .values", "none" }, /* of a cache, say */
	{ "swift host .values", "dict_values" },
	{ "swift .size", "none" },
	{ "swift device .size", "size" },
	{ "swift .update(parameters)", "update_parameters" },
	{ "mx .add(_)", "none" }, /* a set's, or of x.at[i]: the lowering knows */
	/* Nearly the same, and not it. */
	{ "torch torch.median(_, 1)", "median_lower" },
	{ "mx mx.median(_)", "median" },
	{ "torch torch.transpose(_, 1, 1)", "swapaxes" },
	{ "mx mx.transpose(_, _)", "transpose" },
	{ "torch .repeat(1)", "tile" },
	{ "mx mx.repeat(_, 1)", "repeat" },
	{ "torch torch.cummax(_, 1)", "cummax_pair" },
	{ "mx mx.cummax(_)", "cummax" },
	{ "mx mx.fft.fft(_)", "fft" },
	{ "mx np.fft.fft(_)", "np_fft" },
	{ "mx np.exp(_)", "np_exp" },
	{ "mx np.array(_)", "np_array" },
	{ "torch torch.where(_)", "nonzero" },
	{ "torch F.normalize(_, dim)", "normalize" },
	{ "swift .truncatingRemainder(dividingBy)", "fmod" },
	{ "swift % 2", "remainder" },
	{ "swift & 2", "bitwise_and" },
	{ "swift &+ 2", "wrapping_add" },
	{ "swift === 2", "is_same" },
	{ "mx is not 2", "is_not_same" },
	{ "swift .rounded()", "host_round" },
	{ "mx mx.random.split(_)", "random_split" },
	{ "swift split(key)", "random_split" },
	{ "swift split(key, into)", "random_split" },
	{ "swift RoPE(dimensions)", "rope" },
	{ "torch .eval()", "eval_mode" },
	{ "swift .eval()", "eval" },
	{ "torch allclose(_)", "none" },
	{ "torch torch.allclose(_, _)", "allclose_host" },
	{ "mx mx.allclose(_, _)", "allclose" },
};

static void look_alikes_stay_apart(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(not_ours); i++) assert_resolves(not_ours[i].spelled, not_ours[i].op);
}

/* ---- labels ---- */

typedef struct Placed {
	const char *spelled;
	const char *receiver; /* parameter, or "-" */
	const char *args;     /* parameter of each argument, '-' for one that keeps its label */
	const char *fixed;    /* "axis=0", "dtype=float32" or "" */
} Placed;

static const Placed placed[] = {
	{ "torch F.softmax(_, dim)", "-", "x axis", "" },
	{ "torch .sum(1, keepdim)", "x", "axis keepdims", "" },
	{ "swift .sum(axes, keepDims)", "x", "axis keepdims", "" },
	{ "swift softmax(_, axis, stream)", "-", "x axis -", "" },
	{ "torch .masked_fill(_, _)", "y", "condition x", "" },
	{ "torch .masked_fill(value, mask)", "y", "x condition", "" },
	{ "torch .transpose(1, 1)", "x", "axis1 axis2", "" },
	{ "swift .reshaped(_, _, _)", "x", "shape shape shape", "" },
	{ "torch .view(_, 1)", "x", "shape shape", "" },
	{ "torch torch.gather(_, 1, _)", "-", "x axis indices", "" },
	{ "torch torch.gather(input, index, dim)", "-", "x indices axis", "" },
	{ "torch .chunk(1, dim)", "x", "parts axis", "" },
	{ "swift split(_, axis)", "-", "x axis", "parts=2" },
	{ "swift .split(indices, axis)", "x", "parts axis", "" },
	{ "torch .std(dim)", "x", "axis", "ddof=1" },
	{ "torch .std(dim, correction)", "x", "axis ddof", "" },
	{ "torch .std(dim, unbiased)", "x", "axis unbiased", "" },
	{ "mx mx.std(_, axis)", "-", "x axis", "" },
	{ "torch .float()", "x", "", "dtype=float32" },
	{ "torch .to(dtype)", "x", "dtype", "" },
	{ "mx range(_)", "-", "to", "from=0" },
	{ "mx range(_, _)", "-", "from to", "" },
	{ "torch torch.arange(_, device)", "-", "stop -", "start=0" },
	{ "torch torch.arange(1, _, 1)", "-", "start stop step", "" },
	{ "swift stride(from, to, by)", "-", "from to by", "" },
	{ "torch F.scaled_dot_product_attention(_, _, _, is_causal, scale)", "-", "q k v - scale", "" },
	{ "swift MLXFast.scaledDotProductAttention(queries, keys, values, scale, mask)", "-", "q k v scale mask", "" },
	{ "mx mx.fast.rope(_, _, offset, freqs)", "-", "x dims offset freqs", "" },
	{ "torch nn.Conv1d(_, _, kernel_size, stride)", "-", "in_channels out_channels kernel_size stride", "" },
	{ "swift Conv1d(inputChannels, outputChannels, kernelSize, stride)", "-",
	    "in_channels out_channels kernel_size stride", "" },
	{ "torch F.conv1d(_, _, _, 1, padding)", "-", "x weight bias stride padding", "" },
	{ "mx mx.conv1d(_, _, 1, 1)", "-", "x weight stride padding", "" },
	{ "mx mx.addmm(_, _, _, alpha)", "-", "c a b alpha", "" },
	{ "torch torch.hann_window(_)", "-", "n", "periodic=1" },
	{ "torch torch.hann_window(_, periodic)", "-", "n periodic", "" },
	{ "swift hanning(_)", "-", "n", "periodic=0" },
	{ "torch torch.cat(_, dim)", "-", "arrays axis", "" },
	{ "mx ** 2", "-", "a b", "" },
	{ "torch torch.bucketize(_, _)", "-", "values sorted", "" },
};

static void check_placed(const Placed *row) {
	OpMatch m;
	Buf args = { 0 }, fixed = { 0 };
	Spelled s;
	spell(&s, row->spelled);
	if (!ops_resolve(&s.call, &m)) fail_msg("%s is nothing", row->spelled);
	const char *const *params = op_info(m.op)->params;
	for (size_t i = 0; i < s.call.n_args; i++)
		buf_printf(&args, "%s%s", i ? " " : "", m.canon[i] < 0 ? "-" : params[m.canon[i]]);
	if (m.fixed_param >= 0) buf_printf(&fixed, "%s=", params[m.fixed_param]);
	if (m.fixed_param >= 0 && m.fixed_text.len)
		buf_str(&fixed, m.fixed_text);
	else if (m.fixed_param >= 0)
		buf_printf(&fixed, "%g", m.fixed_value);
	const char *receiver = m.receiver < 0 ? "-" : params[m.receiver];
	bool is_right = strcmp(receiver, row->receiver) == 0 && str_is(buf_view(&args), row->args) &&
	                str_is(buf_view(&fixed), row->fixed);
	if (!is_right)
		fail_msg("%s: %s(%.*s) {%.*s}", row->spelled, receiver, STR_ARG(buf_view(&args)), STR_ARG(buf_view(&fixed)));
	buf_done(&args);
	buf_done(&fixed);
}

static void arguments_go_to_their_canonical_places(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(placed); i++) check_placed(&placed[i]);
}

static void a_layer_is_made_or_applied(void **state) {
	(void)state;
	OpMatch m;
	static const char *const made[] = { "swift Linear(_, _)", "swift RoPE(dimensions, base)", "mx nn.RMSNorm(_)",
		"torch nn.Conv1d(_, _, _)", "torch nn.Identity()", "swift ReLU()", "mx nn.RoPE(_)", "torch nn.GELU()" };
	static const char *const applied[] = { "torch F.linear(_, _)",
		"swift MLXFast.RoPE(_, dimensions, traditional, base, scale, offset)", "mx mx.fast.rms_norm(_, _, _)",
		"torch F.conv1d(_, _)", "swift relu(_)", "mx mx.tanh(_)", "swift MLXArray(_)" };
	for (size_t i = 0; i < BASE_COUNT(made); i++)
		if (resolve(made[i], &m), !m.constructs) fail_msg("%s makes a layer", made[i]);
	for (size_t i = 0; i < BASE_COUNT(applied); i++)
		if (resolve(applied[i], &m), m.constructs) fail_msg("%s makes no layer", applied[i]);
}

static void in_place_is_told(void **state) {
	(void)state;
	OpMatch m;
	static const char *const in_place[] = { "swift += 2", "mx *= 2", "torch .add_(_)", "torch .masked_fill_(_, 1)",
		"torch F.relu_(_)" };
	static const char *const fresh[] = { "swift + 2", "swift == 2", "swift <= 2", "mx >= 2", "torch .add(_)" };
	for (size_t i = 0; i < BASE_COUNT(in_place); i++)
		if (resolve(in_place[i], &m), !m.in_place) fail_msg("%s is in place", in_place[i]);
	for (size_t i = 0; i < BASE_COUNT(fresh); i++)
		if (resolve(fresh[i], &m), m.in_place) fail_msg("%s is not in place", fresh[i]);
}

/* ---- traits ---- */

static const struct {
	uint32_t has, has_not;
	const char *ops[24];
} traits[] = {
	{ OP_VIEW, OP_COPY | OP_CAST | OP_SYNC | OP_ELEMENTWISE,
	    { "reshape", "transpose", "swapaxes", "expand_dims", "squeeze", "flatten", "broadcast_to", "as_strided",
	        "moveaxis", "split", "split_sizes", "narrow", "unbind", "diagonal", "rearrange" } },
	{ 0, OP_VIEW,
	    { "concat", "stack", "tile", "repeat", "pad", "take", "contiguous", "roll", "flip", "where", "astype" } },
	{ OP_SYNC, OP_DEVICE | OP_ELEMENTWISE, { "item", "as_array", "as_data", "cpu", "nonzero" } },
	{ 0, OP_SYNC, { "eval", "async_eval", "shape", "dim", "astype", "host_float", "copy_of", "np_array", "to_place" } },
	{ OP_CAST, OP_VIEW | OP_SYNC, { "astype", "to_place" } },
	{ OP_COPY, OP_VIEW, { "contiguous", "copy_of", "dropout", "identity_layer", "stop_gradient" } },
	{ OP_ELEMENTWISE, OP_REDUCTION | OP_VIEW | OP_HOST,
	    { "add", "multiply", "exp", "where", "clip", "sigmoid", "gelu", "silu", "eq", "logical_and", "pow", "rsqrt" } },
	{ OP_COMMUTATIVE, 0, { "add", "multiply", "maximum", "minimum", "eq", "ne", "logical_and", "logical_or" } },
	{ 0, OP_COMMUTATIVE, { "subtract", "divide", "pow", "lt", "matmul", "where", "remainder" } },
	{ OP_COMPARISON | OP_ELEMENTWISE, 0, { "eq", "lt", "ge", "isnan", "logical_not" } },
	{ OP_REDUCTION, OP_ELEMENTWISE | OP_VIEW,
	    { "sum", "mean", "max", "min", "argmax", "prod", "var", "std", "logsumexp", "norm", "all", "any" } },
	{ 0, OP_REDUCTION, { "cumsum", "softmax", "sort", "topk" } },
	{ OP_EVAL | OP_EFFECT, OP_SYNC, { "eval", "async_eval", "checked_eval" } },
	{ OP_CONSTRUCTOR | OP_DEVICE, OP_HOST,
	    { "array", "zeros", "ones", "full", "arange", "linspace", "eye", "tri", "hann_window" } },
	{ OP_RANDOM | OP_DEVICE, OP_HOST, { "random_normal", "random_uniform", "random_categorical", "random_bernoulli" } },
	{ OP_FUSED | OP_EXPENSIVE, OP_ELEMENTWISE, { "sdpa", "rope", "rms_norm", "layer_norm", "quantized_matmul" } },
	{ OP_MODULE, OP_HOST,
	    { "linear", "conv1d", "rms_norm", "embedding", "dropout", "lstm", "gelu", "multi_head_attention",
	        "sequential" } },
	{ OP_EXPENSIVE, OP_VIEW,
	    { "matmul", "conv1d", "conv_transpose1d", "fft", "rfft", "softmax", "einsum", "linear", "sort" } },
	{ OP_HOST | OP_EFFECT | OP_MUTATES, OP_DEVICE,
	    { "array_append", "array_extend", "reserve_capacity", "array_remove", "host_sort" } },
	{ OP_HOST, OP_DEVICE | OP_SYNC,
	    { "map", "reduce", "zip", "host_float", "np_zeros", "np_exp", "array_repeating", "range", "bool_and" } },
	{ OP_SHAPE, OP_SYNC, { "shape", "dim", "ndim", "size", "count" } },
	{ OP_EFFECT, 0, { "print", "clear_cache", "cache_limit", "random_seed" } },
};

static void traits_are_what_the_operation_does(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(traits); i++) {
		for (size_t j = 0; j < BASE_COUNT(traits[i].ops) && traits[i].ops[j]; j++) {
			OpId op = op_named(traits[i].ops[j]);
			if (op == OP_NONE) fail_msg("no operation %s", traits[i].ops[j]);
			uint32_t found = op_info(op)->traits;
			if ((found & traits[i].has) != traits[i].has || (found & traits[i].has_not))
				fail_msg("%s has traits %x: not %x, or %x", traits[i].ops[j], found, traits[i].has, traits[i].has_not);
		}
	}
}

/* ---- the table ---- */

/* The names that the op graph's builders, the cards and the facts go by. */
static void names_that_others_use_exist(void **state) {
	(void)state;
	static const char *const names[] = { "add", "range", "range_closed", "ellipsis", "newaxis", "array_literal",
		"dict_literal", "array_append", "at", "scatter_add", "scatter_subtract", "scatter_multiply", "scatter_divide",
		"scatter_maximum", "scatter_minimum", "bool_and", "bool_or", "bool_not", "coalesce", "sdpa", "rope", "eval" };
	for (size_t i = 0; i < BASE_COUNT(names); i++)
		if (op_named(names[i]) == OP_NONE) fail_msg("no operation %s", names[i]);
	assert_int_equal(op_named("no_such_operation"), OP_NONE);
	assert_string_equal(op_info(OP_NONE)->name, "unknown");
	assert_string_equal(op_info((OpId)op_count())->name, "unknown");
	for (size_t i = 1; i < op_count(); i++) assert_int_equal(op_find(str_of(op_info((OpId)i)->name)), i);
}

static bool params_equal(const Spelling *a, const Spelling *b) {
	if (a->n_params != b->n_params) return false;
	for (size_t i = 0; i < a->n_params; i++) {
		const SpellingParam *p = &a->params[i], *q = &b->params[i];
		bool is_same = str_eq(p->label, q->label) && p->is_rest == q->is_rest && p->is_required == q->is_required &&
		               p->only_integer == q->only_integer && p->never_integer == q->never_integer;
		if (!is_same) return false;
	}
	return true;
}

/* Only a host's and a device array's method may be spelled alike: the receiver decides between them. */
static void no_spelling_means_two_operations(void **state) {
	(void)state;
	Str text;
	Err err = { "" };
	assert_true(data_get("core/ops.tsv", &text));
	OpsTable *t = ops_table_parse(text, &err);
	assert_non_null(t);
	for (size_t i = 1; i < t->n_spellings; i++) {
		const Spelling *a = &t->spellings[i];
		for (uint32_t j = a->next; j; j = t->spellings[j].next) {
			const Spelling *b = &t->spellings[j];
			bool is_alike = a->key == b->key && str_eq(a->name, b->name) && params_equal(a, b);
			bool differ = ((t->ops[a->op].traits ^ t->ops[b->op].traits) & OP_HOST) && a->receiver >= 0;
			if (is_alike && !differ)
				fail_msg("lines %u and %u spell %.*s alike", (unsigned)a->line, (unsigned)b->line, STR_ARG(a->name));
		}
	}
	ops_table_free(t);
}

static const Pair malformed[] = {
	{ "a\t-\t-\t-\t-", "ops.tsv:1: fewer" },
	{ "a\t-\t-\t-\t-\t-\t-", "ops.tsv:1: more" },
	{ "# c\na\tblue\t-\t-\t-\t-", "ops.tsv:2: not a trait" },
	{ "a\tview,view\t-\t-\t-\t-", "twice" },
	{ "a\t-\tx .y\t-\t-\t-", "misplaced parameter" },
	{ "a\t-\t.x x\t-\t-\t-", "parameter twice" },
	{ "a\t-\t.x\tf(x)\t-\t-", "a Swift label ends in ':'" },
	{ "a\t-\t.x\tf(_,_)\t-\t-", "no canonical parameter left" },
	{ "a\t-\t.x\tf(_,y:)\t-\t-", "no canonical parameter for 'y:'" },
	{ "a\t-\t.x\tf(_\t-\t-", "'(' without ')'" },
	{ "a\t-\t.x\tf(_){x=1\t-\t-", "'{' without '}'" },
	{ "a\t-\t.x\tf(_){z=1}\t-\t-", "no canonical parameter for" },
	{ "a\t-\t.x\tf(_){x}\t-\t-", "no value" },
	{ "a\t-\t.x\tf(_) |  | g(_)\t-\t-", "empty spelling" },
	{ "a\t-\t.x\tf\t-\t-", "neither called" },
	{ "a\t-\t-\t+\t-\t-", "operands" },
	{ "a\t-\t-\t-\t-\t-\na\t-\t-\t-\t-\t-", "ops.tsv:2: operation twice" },
	{ "a\t-\t.x\t-\t@q.f(_)\t-", "no canonical receiver" },
};

static void a_malformed_table_is_refused_with_its_line(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(malformed); i++) {
		Err err = { "" };
		OpsTable *t = ops_table_parse(str_of(malformed[i].spelled), &err);
		if (t) fail_msg("taken: %s", malformed[i].spelled);
		if (!strstr(err.text, malformed[i].op)) fail_msg("%s: %s", malformed[i].spelled, err.text);
	}
}

/* ---- threads ---- */

static void *resolve_all(void *failures) {
	ops_load();
	for (int turn = 0; turn < 20; turn++) {
		for (size_t i = 0; i < BASE_COUNT(not_ours); i++) {
			OpMatch m;
			if (strcmp(resolve(not_ours[i].spelled, &m), not_ours[i].op) != 0) ++*(size_t *)failures;
		}
	}
	return NULL;
}

static void threads_read_the_table_at_once(void **state) {
	(void)state;
	pthread_t threads[4];
	size_t failures[4] = { 0 };
	for (size_t i = 0; i < BASE_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, resolve_all, &failures[i]), 0);
	for (size_t i = 0; i < BASE_COUNT(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(failures[i], 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_read_the_table_at_once),
		cmocka_unit_test(spellings_of_one_operation_are_one),
		cmocka_unit_test(look_alikes_stay_apart),
		cmocka_unit_test(arguments_go_to_their_canonical_places),
		cmocka_unit_test(a_layer_is_made_or_applied),
		cmocka_unit_test(in_place_is_told),
		cmocka_unit_test(traits_are_what_the_operation_does),
		cmocka_unit_test(names_that_others_use_exist),
		cmocka_unit_test(no_spelling_means_two_operations),
		cmocka_unit_test(a_malformed_table_is_refused_with_its_line),
	};
	ops_load();
	return cmocka_run_group_tests_name("ops", tests, NULL, NULL);
}

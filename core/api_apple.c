#include "core/posix.h"

#include "core/api_apple.h"

#define VDSP(name)                                                                                                     \
	{ "vDSP_" name, "Accelerate", "10.13", "11" }
#define VFORCE(name)                                                                                                   \
	{ "vv" name, "Accelerate", "10.13", "11" }
#define AUDIO(name, macos, ios)                                                                                        \
	{ "AVAudio" name, "AVFAudio", macos, ios }

static const ApiApple SYMBOLS[] = {
	/* types and constants of vDSP */
	VDSP("Length"),
	VDSP("HANN_DENORM"),
	VDSP("HANN_NORM"),
	VDSP("DFT_Setup"),
	/* windows and transforms */
	VDSP("hann_window"),
	VDSP("hamm_window"),
	VDSP("blkman_window"),
	VDSP("create_fftsetup"),
	VDSP("destroy_fftsetup"),
	VDSP("fft_zrip"),
	VDSP("ctoz"),
	VDSP("ztoc"),
	VDSP("DFT_zop_CreateSetup"),
	VDSP("DFT_zrop_CreateSetup"),
	VDSP("DFT_Execute"),
	VDSP("DFT_DestroySetup"),
	VDSP("DCT_CreateSetup"),
	VDSP("DCT_Execute"),
	VDSP("conv"),
	VDSP("desamp"),
	VDSP("biquad"),
	VDSP("mmul"),
	/* arrays with arrays and numbers */
	VDSP("vadd"),
	VDSP("vsub"),
	VDSP("vmul"),
	VDSP("vdiv"),
	VDSP("vma"),
	VDSP("vasm"),
	VDSP("vsadd"),
	VDSP("vsmul"),
	VDSP("vsdiv"),
	VDSP("vsma"),
	VDSP("vsmsa"),
	VDSP("vneg"),
	VDSP("vsq"),
	VDSP("vabs"),
	VDSP("vclip"),
	VDSP("vthr"),
	VDSP("vramp"),
	VDSP("vrampmul"),
	VDSP("vfill"),
	VDSP("vclr"),
	VDSP("vfix16"),
	VDSP("vfixr16"),
	VDSP("vflt16"),
	VDSP("normalize"),
	/* to one number */
	VDSP("sve"),
	VDSP("svesq"),
	VDSP("dotpr"),
	VDSP("meanv"),
	VDSP("measqv"),
	VDSP("rmsqv"),
	VDSP("maxv"),
	VDSP("maxvi"),
	VDSP("maxmgv"),
	VDSP("minv"),
	VDSP("minvi"),
	/* complex */
	VDSP("zvmags"),
	VDSP("zvabs"),
	VDSP("zvmul"),
	/* vForce */
	VFORCE("exp"),
	VFORCE("expf"),
	VFORCE("sqrtf"),
	VFORCE("rsqrtf"),
	VFORCE("logf"),
	VFORCE("log10f"),
	VFORCE("sincosf"),
	/* sound */
	AUDIO("Engine", "10.10", "8"),
	AUDIO("PlayerNode", "10.10", "8"),
	AUDIO("File", "10.10", "8"),
	AUDIO("Format", "10.10", "8"),
	AUDIO("PCMBuffer", "10.10", "8"),
	AUDIO("FrameCount", "10.10", "8"),
	AUDIO("Converter", "10.11", "9"),
	AUDIO("Player", "10.7", "2.2"),
	AUDIO("PlayerDelegate", "10.7", "2.2"),
	{ "AudioQueueNewOutput", "AudioToolbox", "10.5", "2" },
	{ "DispatchQueue.concurrentPerform", "Dispatch", "10.10", "8" },
};

const ApiApple *api_apple_find(Str name) {
	for (size_t i = 0; i < BASE_COUNT(SYMBOLS); i++) {
		if (str_is(name, SYMBOLS[i].name)) return &SYMBOLS[i];
	}
	return NULL;
}

bool api_apple_looks_like(Str name) {
	static const char *const heads[] = { "vDSP_", "AVAudio", "AudioQueue", NULL };
	for (size_t i = 0; heads[i]; i++) {
		if (str_starts(name, heads[i])) return true;
	}
	/* vvexpf and the like: lower-case letters and digits alone */
	if (!str_starts(name, "vv") || name.len < 5) return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || (name.ptr[i] >= '0' && name.ptr[i] <= '9'))) return false;
	}
	return true;
}

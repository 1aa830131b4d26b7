/* The few places where the systems differ from POSIX.1-2008, and nothing else. Include it before any system header. */
#ifndef CORE_POSIX_H
#define CORE_POSIX_H

#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* SIGWINCH and struct winsize hide behind it */
#else
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE /* SIGWINCH, struct winsize */
#endif

#endif

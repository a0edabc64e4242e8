/* common/model/float_mode.h - floating point as the model's rules want it: round to nearest, denormals kept, nothing trapped.
 *
 * Whatever a library set in this process: one built with fast-math flips denormals for all threads. What is computed between enter
 * and leave depends on nothing of that; leave puts the thread's own mode back.
 */
#ifndef ONR_MODEL_FLOAT_MODE_H
#define ONR_MODEL_FLOAT_MODE_H

#include <stdint.h>

#ifdef __x86_64__
#include <xmmintrin.h>

#define ONR_FLOAT_MODE 0x1f80 /* all exceptions masked */
#endif

static inline uint64_t
onr_float_mode_enter(void)
{
    uint64_t old = 0;

#if defined(__x86_64__)
    old = _mm_getcsr();
    _mm_setcsr(ONR_FLOAT_MODE);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t) 0));
#endif
    return old;
}

static inline void
onr_float_mode_leave(uint64_t old)
{
#if defined(__x86_64__)
    _mm_setcsr((unsigned) old);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(old));
#else
    (void) old;
#endif
}

#endif

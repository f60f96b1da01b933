/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest_lanes.h"

#include <glib.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The analyzer takes a vector for a number of three bits. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
#endif

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

/* Load the next block of every lane. Words are turned to the machine's byte order and interleaved by lane. */
static inline __attribute__((always_inline)) void
load(DigestVector words[16], const uint8_t *at[DIGEST_LANES], const size_t step[DIGEST_LANES])
{
        uint32_t block[16][DIGEST_LANES];
        for (int lane = 0; lane < DIGEST_LANES; lane++) {
                for (int i = 0; i < 16; i++) {
                        uint32_t word;
                        memcpy(&word, at[lane] + 4 * i, sizeof word);
                        block[i][lane] = GUINT32_FROM_BE(word);
                }
                at[lane] += step[lane];
        }
        memcpy(words, block, sizeof block);
}

/* FIPS 180-4, 6.2.2. Compiled once for each engine, with the instructions of its processors. */
static inline __attribute__((always_inline)) void
compress(DigestLanes *lanes, const uint8_t *at[DIGEST_LANES], const size_t step[DIGEST_LANES], size_t blocks)
{
        DigestLanes sum = *lanes;
        for (; blocks > 0; blocks--) {
                DigestVector w[16];
                load(w, at, step);
                DigestVector a = sum.words[0], b = sum.words[1], c = sum.words[2], d = sum.words[3];
                DigestVector e = sum.words[4], f = sum.words[5], g = sum.words[6], h = sum.words[7];
#pragma GCC unroll 64
                for (int i = 0; i < 64; i++) {
                        if (i >= 16) {
                                DigestVector x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                                w[i & 15] += (ROTATE(x, 7) ^ ROTATE(x, 18) ^ (x >> 3)) + w[(i + 9) & 15] +
                                             (ROTATE(y, 17) ^ ROTATE(y, 19) ^ (y >> 10));
                        }
                        DigestVector t1 = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) +
                                          ((e & f) ^ (~e & g)) + constants[i] + w[i & 15];
                        DigestVector t2 =
                                (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & b) | (c & (a | b)));
                        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
                }
                sum.words[0] += a, sum.words[1] += b, sum.words[2] += c, sum.words[3] += d;
                sum.words[4] += e, sum.words[5] += f, sum.words[6] += g, sum.words[7] += h;
        }
        *lanes = sum;
}

__attribute__((target("avx512f,avx512vl"))) static void compress_avx512(DigestLanes *lanes,
                                                                        const uint8_t *at[DIGEST_LANES],
                                                                        const size_t step[DIGEST_LANES],
                                                                        size_t blocks)
{
        compress(lanes, at, step, blocks);
}

__attribute__((target("avx2"))) static void compress_avx2(DigestLanes *lanes, const uint8_t *at[DIGEST_LANES],
                                                          const size_t step[DIGEST_LANES], size_t blocks)
{
        compress(lanes, at, step, blocks);
}

static bool has_avx512(void)
{
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

static bool has_avx2(void)
{
        return __builtin_cpu_supports("avx2");
}

bool digest_has_sha(void)
{
        unsigned a, b = 0, c, d;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* What these lanes are worth, in GB/s a core (bench/digest.c; docs/benchmarks.md, "SHA-256"):
 *                    OpenSSL, SHA instructions   OpenSSL without   AVX-512   AVX2
 *     AMD EPYC        1.76                        0.51              2.1       1.4
 *     Intel Xeon      1.15                        0.3               1.7       0.9
 * So AVX-512 wins even against SHA instructions, from six lanes in use on; AVX2 only where there are none. */
static const DigestEngine engines[] = {
        {"AVX-512", has_avx512, compress_avx512, 6},
        {"AVX2", has_avx2, compress_avx2, 0},
};

#else /* on ARM, OpenSSL already uses the SHA instructions, and nothing is faster */

static const DigestEngine engines[] = {{NULL, NULL, NULL, 0}};

bool digest_has_sha(void)
{
        return true;
}

#endif

const DigestEngine *const *digest_engines(void)
{
        static const DigestEngine *usable[G_N_ELEMENTS(engines) + 1];
        static gsize once;
        if (g_once_init_enter(&once)) {
                size_t count = 0;
                for (size_t i = 0; i < G_N_ELEMENTS(engines); i++)
                        if (engines[i].is_there && engines[i].is_there())
                                usable[count++] = &engines[i];
                g_once_init_leave(&once, 1);
        }
        return usable;
}

// A C face for RE2, the regular expression library that matches in linear time.
//
// Swift cannot import RE2's own C++ header without turning C++ interoperability on everywhere,
// so this is the whole of RE2 that Vitaal uses: compile, match, free.
#ifndef VITAAL_CREGEX_H
#define VITAAL_CREGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Memory that one compiled pattern may use for its program and its cache of automaton states.
///
/// RE2's own default is 8 MiB; a pattern of 4096 bytes needs far less, and a catalogue holds
/// hundreds of patterns. When the cache is full RE2 goes on with a slower automaton that needs
/// no cache, so matching stays linear and never fails for lack of this memory.
enum { vitaal_regex_memory_bytes = 1 << 20 };

/// A compiled pattern. It never changes after it was made, so any thread may match with it.
typedef struct vitaal_regex vitaal_regex;

/// Compiles `length` bytes of RE2 syntax (Go's); the text is taken to be UTF-8.
///
/// @param memory_bytes the bound on memory, `vitaal_regex_memory_bytes` unless tested
/// @param error filled with RE2's reason, cut to `error_capacity` bytes with its final NUL,
///        when the pattern is refused; left alone otherwise
/// @return the pattern, to be freed with `vitaal_regex_free`; NULL when it was refused
vitaal_regex *_Nullable vitaal_regex_compile(const char *_Nonnull pattern, size_t length,
                                             int64_t memory_bytes, char *_Nonnull error,
                                             size_t error_capacity);

/// Tells whether the pattern matches anywhere in `length` bytes, which may hold NUL.
///
/// @param bytes may be NULL when `length` is 0
bool vitaal_regex_matches(const vitaal_regex *_Nonnull regex, const char *_Nullable bytes,
                          size_t length);

/// Frees a pattern; no thread may be matching with it.
void vitaal_regex_free(vitaal_regex *_Nullable regex);

#ifdef __cplusplus
}
#endif

#endif

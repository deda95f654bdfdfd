#include "CRegex.h"

#include <cstring>
#include <exception>
#include <new>
#include <re2/re2.h>
#include <string>

struct vitaal_regex {
    RE2 pattern;

    vitaal_regex(re2::StringPiece text, const RE2::Options &options) : pattern(text, options) {}
};

namespace {

void copy_text(const char *text, size_t length, char *destination, size_t capacity) {
    if (capacity == 0) return;
    size_t kept = length < capacity - 1 ? length : capacity - 1;
    std::memcpy(destination, text, kept);
    destination[kept] = '\0';
}

} // namespace

// No exception may cross into Swift, which has no way to catch it.

extern "C" vitaal_regex *vitaal_regex_compile(const char *pattern, size_t length,
                                              int64_t memory_bytes, char *error,
                                              size_t error_capacity) {
    try {
        RE2::Options options(RE2::Quiet);
        options.set_max_mem(memory_bytes);
        options.set_never_capture(true);
        auto *regex = new vitaal_regex(re2::StringPiece(pattern, length), options);
        if (regex->pattern.ok()) return regex;
        const std::string &reason = regex->pattern.error();
        copy_text(reason.data(), reason.size(), error, error_capacity);
        delete regex;
    } catch (const std::exception &exception) {
        copy_text(exception.what(), std::strlen(exception.what()), error, error_capacity);
    }
    return nullptr;
}

extern "C" bool vitaal_regex_matches(const vitaal_regex *regex, const char *bytes, size_t length) {
    try {
        return RE2::PartialMatch(re2::StringPiece(bytes, length), regex->pattern);
    } catch (const std::exception &) {
        // Only running out of memory gets here; a match that was not found is not a match.
        return false;
    }
}

extern "C" void vitaal_regex_free(vitaal_regex *regex) { delete regex; }

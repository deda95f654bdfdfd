/* An ICU data package without items, in place of the 34 MB that Foundation brings.

   Foundation is linked because Yams and GRDB import it. Its ICU holds names of days, currencies
   and time zones in 700 languages, which nobody here asks for: instants are RFC 3339 in UTC,
   numbers are Swift's, Dutch and English are our own texts. The linker takes this symbol and
   leaves the archive's member of the same name out. ICU then answers U_MISSING_RESOURCE_ERROR,
   as it does with the stub data that it can be built with
   (https://unicode-org.github.io/icu/userguide/icu_data/#icu-data-directory).

   With a Swift whose ICU has another version the symbol has another name: the program is larger
   then, and works the same. */
#include "CLocaleData.h"
#include <stdint.h>

/* The head of a "CmnD" package of format 1: what ICU checks before it looks for an item. */
struct icu_package {
    uint16_t head_bytes;
    uint8_t magic[2];
    uint16_t information_bytes;
    uint16_t reserved;
    uint8_t is_big_endian;
    uint8_t character_set;
    uint8_t character_bytes;
    uint8_t reserved_byte;
    uint8_t data_format[4];
    uint8_t format_version[4];
    uint8_t data_version[4];
    uint8_t padding[8];
    uint32_t item_count;
    uint32_t end;
};

extern const struct icu_package icudt76_dat;
const struct icu_package icudt76_dat = {
    .head_bytes = 32,
    .magic = {0xDA, 0x27},
    .information_bytes = 20,
    .is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
    .character_bytes = 2,
    .data_format = {'C', 'm', 'n', 'D'},
    .format_version = {1, 0, 0, 0},
};

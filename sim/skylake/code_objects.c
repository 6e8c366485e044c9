/* Code objects of CPython 3.11, read from its memory, which its program can have overwritten: nothing is believed, and
 * nothing is read that cannot be. */
#include "code_objects.h"
#include "model.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

/* Offsets within its structures (test_lines_offsets.py compares them with its headers). */
enum {
    CODE_UNITS = 16,
    CODE_FLAGS = 48,
    CODE_FIRST_LINE = 72,
    CODE_FILE = 112,
    CODE_NAME = 120,
    CODE_FULL_NAME = 128,
    CODE_TABLE = 136,
    CODE_TRACEABLE = 168,
    BYTES_SIZE = 16,
    BYTES_DATA = 32,
    TEXT_LENGTH = 16,
    TEXT_KIND = 32,
    ASCII_DATA = 48,
};
static const HChar own_file[] = "/pie/main.py";
enum { MOST_UNITS = 1 << 20, MOST_LINES = 1 << 20 };

Bool all_readable(Addr at, ULong length) {
    return length && at + length > at && readable_until(DATA, at) >= at + length - 1;
}

Addr word_at(Addr at) { return all_readable(at, sizeof(Addr)) ? *(const Addr *)at : 0; }
static Int int_at(Addr at) { return all_readable(at, sizeof(Int)) ? *(const Int *)at : 0; }

/* The characters of a text of plain letters; NULL for any other object. */
static const UChar *text_at(Addr at, UInt *length) {
    enum { COMPACT = 1 << 5, ASCII = 1 << 6 };
    UInt kind = int_at(at + TEXT_KIND);
    ULong size = word_at(at + TEXT_LENGTH);
    if (!(kind & COMPACT) || !(kind & ASCII) || !all_readable(at + ASCII_DATA, size)) return NULL;
    *length = size < 1 << 16 ? size : 1 << 16;
    return (const UChar *)(at + ASCII_DATA);
}

static ULong varint(const UChar **at, const UChar *end) {
    ULong value = 0;
    for (UInt shift = 0; *at < end && shift < 60; shift += 6) {
        UChar byte = *(*at)++;
        value |= (ULong)(byte & 63) << shift;
        if (!(byte & 64)) break;
    }
    return value;
}

static Long signed_varint(const UChar **at, const UChar *end) {
    ULong value = varint(at, end);
    return value & 1 ? -(Long)(value >> 1) : (Long)(value >> 1);
}

/* Reads the table of locations: Objects/locations.md of CPython's sources has its form. */
static void read_table(Code *c) {
    enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG, NOWHERE };
    ULong size = word_at(c->table + BYTES_SIZE);
    const UChar *at = (const UChar *)(c->table + BYTES_DATA), *end = at + size;
    if (!all_readable((Addr)at, size)) end = at;
    Long line = c->first_line;
    UInt unit = 0;
    while (at < end && unit < c->units) {
        UChar head = *at++;
        UInt kind = head >> 3 & 15, length = (head & 7) + 1;
        Bool known = True;
        if (kind == NOWHERE) known = False;
        else if (kind == LONG) {
            line += signed_varint(&at, end);
            for (UInt i = 0; i < 3; i++) varint(&at, end);
        } else if (kind == NO_COLUMNS) line += signed_varint(&at, end);
        else if (kind >= ONE_LINE) {
            line += kind - ONE_LINE;
            at += 2;
        } else at++;
        for (; length-- && unit < c->units; unit++)
            c->line_of[unit] = known && 0 < line && line < MOST_LINES ? (Int)line : 0;
    }
    c->low = c->high = c->first_line;
    for (UInt i = 0; i < c->units; i++) {
        if (!c->line_of[i]) continue;
        if (c->line_of[i] < c->low) c->low = c->line_of[i];
        if (c->line_of[i] > c->high) c->high = c->line_of[i];
    }
    c->lines = VG_(calloc)("lines", c->high - c->low + 1, sizeof *c->lines);
}

Bool code_is_own(Addr at) {
    UInt length;
    const UChar *text = text_at(word_at(at + CODE_FILE), &length);
    Int first_line = int_at(at + CODE_FIRST_LINE);
    return text && length == sizeof own_file - 1 && VG_(memcmp)(text, own_file, length) == 0 && 0 < first_line &&
           first_line < MOST_LINES && word_at(at + CODE_UNITS) < MOST_UNITS;
}

static void read_name(Code *c) {
    enum { OPTIMIZED = 1 };
    UInt length = 0, full = 0;
    const UChar *name = text_at(word_at(c->at + CODE_NAME), &length);
    const UChar *text = text_at(word_at(c->at + CODE_FULL_NAME), &full);
    Bool module = name && length == 8 && VG_(memcmp)(name, "<module>", length) == 0;
    /* Comprehensions, lambdas and bodies of classes belong to the line that runs them. */
    c->function = module || (int_at(c->at + CODE_FLAGS) & OPTIMIZED && !(name && length && name[0] == '<'));
    if (full > LONGEST_NAME) full = LONGEST_NAME;
    for (UInt i = 0; text && i < full; i++) c->name[i] = ' ' < text[i] && text[i] < 127 ? text[i] : '?';
}

Bool code_is(const Code *code, Addr at) {
    return code->at == at && code->table == word_at(at + CODE_TABLE) &&
           code->first_line == int_at(at + CODE_FIRST_LINE) && code->units == word_at(at + CODE_UNITS);
}

void read_code(Code *c, Addr at, Bool own) {
    c->at = at;
    c->table = word_at(at + CODE_TABLE);
    c->first_line = int_at(at + CODE_FIRST_LINE);
    c->units = word_at(at + CODE_UNITS);
    c->traceable = int_at(at + CODE_TRACEABLE);
    c->own = own;
    c->innermost = -1;
    if (!own) return;
    c->line_of = VG_(calloc)("units", c->units + 1, sizeof *c->line_of);
    read_name(c);
    read_table(c);
}

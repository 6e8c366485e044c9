/* One x86-64 instruction taken apart (encoding.c), and how its micro-operations are put together. */
#ifndef SKYLAKE_ENCODING_H
#define SKYLAKE_ENCODING_H
#include "model.h"

typedef struct {
    const UChar *code;
    UInt at, room;
    Inst *inst;
    Uop *uops;
    UInt count;
    UChar rex, repeat; /* 0, 0xf2 or 0xf3 */
    Bool wide16, lock, short_address;
    UChar modrm, mod, reg, rm; /* register numbers with REX applied */
    UChar base, index;         /* registers of the address; R_NONE */
    Bool rip;                  /* the address is relative to the instruction pointer */
    Bool cut;                  /* ran out of readable bytes */
    UChar size;                /* operand size in bytes */
    Bool absolute;
    /* Of vectors: the left operand's register (without VEX the destination), and the bytes of a half of them. */
    UChar own, half;
    Bool vex, whole; /* it has a VEX prefix; its vectors have 256 bits */
} Decoding;

enum Flags { F_NONE, F_ALL, F_NO_CARRY, F_NO_ADJUST, F_ROTATE, F_CARRY_ONLY, F_EMULATED };

UChar next_byte(Decoding *d);
Long immediate(Decoding *d, UInt bytes);
void read_modrm(Decoding *d);

Uop *add_uop(Decoding *d, UChar cls);
void source(Uop *u, UInt reg);
void destination(Uop *u, UInt reg);
/* dst = a op b with flags, on d->size bytes; reads the old dst where it is only partly written. */
Uop *op(Decoding *d, UChar cls, UInt dst, UInt a, UInt b, UInt flags);
void read_flags(Uop *u);
void read_rip(Decoding *d);      /* for an address relative to the instruction pointer */
Uop *load(Decoding *d, UInt dst, UInt size, UInt offset);
Uop *save(Decoding *d, UInt src, UInt size, UInt offset);
void limm(Decoding *d, UInt reg);
void push_reg(Decoding *d, UInt reg);

static inline UInt gpr(UInt number) { return R_GPR + (number & 15); }
static inline UInt temporary(UInt number) { return R_T + number; }
static inline UInt xmm(UInt number, UInt half) { return R_XMM + 2 * (number & 15) + half; }
static inline Bool in_register(const Decoding *d) { return d->mod == 3; }
/* A byte register: without REX, 4 to 7 are the second bytes of the first four. */
UInt byte_register(const Decoding *d, UInt number);
UInt operand_register(const Decoding *d, UInt number);

void decode_one_byte(Decoding *d, UChar opcode);   /* integer.c */
void decode_two_byte(Decoding *d, UChar opcode);   /* extended.c */
void decode_vector(Decoding *d, UChar opcode);     /* vector.c */
void decode_vex(Decoding *d, UChar first);         /* vex.c */
void decode_three_byte(Decoding *d, UInt map);     /* three_byte.c */
/* bits.c: what there is of map 0F 38 (and of 0F 3A: rorx) for integers; False for all others. */
Bool decode_bits(Decoding *d, UInt map, UChar opcode);
void decode_division(Decoding *d, Bool is_signed); /* loops.c */
void decode_string(Decoding *d, UChar opcode);     /* loops.c */
void decode_x87(Decoding *d, UChar opcode);        /* x87.c */
void branch_uops(Decoding *d, Bool conditional);
void byte_swap(Decoding *d, UInt reg);
/* The group 0F AE where its operand is in memory. */
void save_state(Decoding *d, UInt which);
#endif

/* The wrong path's registers (emulate.c). */
#ifndef SKYLAKE_EMULATE_H
#define SKYLAKE_EMULATE_H
#include "model.h"

typedef struct {
    ULong value[16];
    UInt known;      /* a bit for each register whose value is known */
    /* The flags: of the last result, as far as it is known. */
    Bool flags_known, flags_fresh, zero, sign, carry, overflow;
} Registers;

/* The address of a load or store, and where the loaded value goes. */
typedef struct {
    Bool loads; /* it reads memory at a known address */
    Addr address; /* 0 is unknown */
    UInt size;
    Int to;         /* the register that takes the loaded value; -1: none, or not only that */
    Bool sign;      /* extend its sign */
    UInt width;     /* the width of the register written */
    Bool computes;  /* the loaded value is an operand: of `which`, with `other` */
    Bool reversed;  /* the loaded value is the right one */
    UInt which;
    ULong other;
} Emulated;

/* Fills in what carrying out an instruction needs to know of it. */
void take_apart(Inst *inst);
/* Carries out an instruction as far as addresses need it; memory is read by emulate_load. */
void emulate(const Inst *inst, Registers *r, Emulated *out);
/* Whether memory can be read there; a wrong path asks for anything. */
Bool can_read(Addr address, UInt size);
/* Completes a load; where the value cannot be told, it stays unknown. */
void emulate_load(const Emulated *e, Registers *r);
/* Where a branch goes: 0 if that cannot be told. */
Addr emulate_branch(const Inst *inst, const Registers *r);
#endif

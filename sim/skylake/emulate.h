/* The wrong path's registers (emulate.c). */
#ifndef SKYLAKE_EMULATE_H
#define SKYLAKE_EMULATE_H
#include "model.h"

typedef struct {
    ULong value[16];
    UInt known;      /* a bit for each register whose value is known */
    Cycle ready[16]; /* when it is there */
} Registers;

/* A load's address, and where its value goes. */
typedef struct {
    Bool loads; /* it reads memory at a known address */
    Addr address;
    UInt size;
    Cycle operands; /* when the address is known */
    Int to;         /* the register that takes the loaded value; -1: none, or not only that */
    Bool sign;      /* extend its sign */
    UInt width;     /* the width of the register written */
} Emulated;

/* Fills in what carrying out an instruction needs to know of it. */
void take_apart(Inst *inst);
/* Carries out an instruction as far as addresses need it; memory is read by emulate_load. */
void emulate(const Inst *inst, Registers *r, Emulated *out);
/* Whether memory can be read there; a wrong path asks for anything. */
Bool can_read(Addr address, UInt size);
/* Completes a load whose data comes in cycle `when`. */
void emulate_load(const Emulated *e, Registers *r, Cycle when);
#endif

/* The wrong path's registers (emulate.c). */
#ifndef SKYLAKE_EMULATE_H
#define SKYLAKE_EMULATE_H
#include "model.h"

typedef struct {
    ULong value[REGISTERS]; /* that of NO_REGISTER is 0 */
    UInt known;             /* a bit for each register whose value is known */
    /* The flags: of the last result, as far as it is known; FLAGS_BEFORE: of the right path's last. */
    Bool flags_known, flags_fresh, zero, sign, carry, overflow;
} Registers;

/* The load or store of an instruction. */
typedef struct {
    Bool loads;    /* it reads memory at a known address */
    Bool computes; /* the other operand is known: */
    Addr address;  /* 0 is unknown */
    ULong other;
} Emulated;

/* What an instruction does (Effect.form) and what it does with what it loads (Effect.loaded). */
enum Form {
    E_OTHER,            /* nothing that is followed: what it writes is forgotten */
    E_NOTHING,          /* it writes no register */
    E_COMPARE, E_COMPARE_NUMBER, E_ARITHMETIC, E_ARITHMETIC_NUMBER, E_ZERO,
    E_WITH_MEMORY, E_WITH_MEMORY_NUMBER, /* the other operand is loaded */
    E_LOAD, E_MOVE, E_MOVE_WORD, E_MOVE_BYTE, E_MOVE_SIGNED, E_NUMBER, E_ADDRESS, E_SHIFT, E_PUSH, E_POP, E_RETURN
};
enum Loaded { LOADED_NOTHING, LOADED_MOVED, LOADED_OPERAND };
enum Arithmetic { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST };
enum { NO_CONDITION = 0xff };
enum { FLAGS_BEFORE = 2 };

/* Fills in an instruction's effect (effects.c). */
void take_apart(Inst *inst);
/* Carries out an instruction as far as addresses need it; memory is read by emulate_load. */
void emulate(const Inst *inst, Registers *r, Emulated *out);
/* Whether memory can be read there; a wrong path asks for anything. */
Bool can_read(Addr address, UInt size);
/* Completes a load from where memory can be read; where the value cannot be told, it stays unknown. */
void emulate_load(const Inst *inst, const Emulated *e, Registers *r);
/* Where a branch goes: 0 if that cannot be told. */
Addr emulate_branch(const Inst *inst, Registers *r);

/* parting.c: the registers where the paths part, `behind_call` those before the system call. The flags are filled in
 * when a branch asks. */
void registers_now(Registers *r, Bool behind_call);
void flags_before(Registers *r);
#endif

/* Integer instructions of the maps 0F 38 and 0F 3A: movbe, crc32, ADX, and BMI1 and BMI2 with their VEX prefix.
 *
 * movbe is gem5's bswap with its load or store. The others have no figure in gem5: latencies and operations are those
 * of LLVM's model (vex.c); three cycles on port 1 are what the target's multiplier takes. */
#include "encoding.h"

static UInt t1(void) { return temporary(1); }

void byte_swap(Decoding *d, UInt reg) {
    UInt steps = d->size == 8 ? 4 : 3, t2 = temporary(2);
    if (steps == 3) {
        for (UInt i = 0; i < 3; i++) op(d, INT_ALU, reg, reg, R_NONE, F_NONE);
        return;
    }
    op(d, INT_ALU, reg, reg, R_NONE, F_NONE);
    op(d, INT_ALU, t1(), reg, R_NONE, F_NONE);
    for (UInt i = 0; i < 2; i++) op(d, INT_ALU, t1(), t1(), R_NONE, F_NONE);
    op(d, INT_ALU, t2, reg, R_NONE, F_NONE);
    for (UInt i = 0; i < 3; i++) op(d, INT_ALU, t2, t2, R_NONE, F_NONE);
    op(d, INT_ALU, reg, t1(), t2, F_NONE);
}

static UInt operand(Decoding *d, UInt size) {
    read_rip(d);
    if (in_register(d)) return gpr(d->rm);
    load(d, t1(), size, 0);
    return t1();
}

static void move_swapped(Decoding *d, Bool stores) {
    UInt reg = gpr(d->reg), swapped = temporary(5);
    read_rip(d);
    if (stores) {
        op(d, INT_ALU, swapped, reg, R_NONE, F_NONE);
        byte_swap(d, swapped);
        save(d, swapped, d->size, 0);
    } else {
        load(d, reg, d->size, 0);
        byte_swap(d, reg);
    }
}

static void checksum(Decoding *d, UInt size) {
    UInt from = size == 1 && in_register(d) ? byte_register(d, d->rm) : operand(d, size);
    d->size = d->rex & 8 ? 8 : 4;
    op(d, INT_MUL, gpr(d->reg), gpr(d->reg), from, F_NONE);
}

/* adcx carries in CF, adox in OF: here they are one register, as in the target. */
static void add_with_carry(Decoding *d) {
    d->size = d->rex & 8 ? 8 : 4;
    UInt from = operand(d, d->size);
    Uop *u = op(d, INT_ALU, gpr(d->reg), gpr(d->reg), from, F_NONE);
    source(u, R_CFOF);
    destination(u, R_CFOF);
}

static Bool without_vex(Decoding *d, UChar opcode) {
    Bool swaps = (opcode == 0xf0 || opcode == 0xf1) && !d->repeat && !in_register(d);
    if (swaps) move_swapped(d, opcode == 0xf1);
    else if ((opcode == 0xf0 || opcode == 0xf1) && d->repeat == 0xf2) checksum(d, opcode == 0xf0 ? 1 : d->size);
    else if (opcode == 0xf6 && (d->wide16 || d->repeat == 0xf3)) add_with_carry(d);
    else return False;
    return True;
}

/* mul1 and its two results; no flags. The lower one is written first: it may be the same register. */
static void multiply(Decoding *d) {
    Uop *u = add_uop(d, INT_MUL);
    source(u, gpr(2));
    destination(u, R_PRODLO);
    destination(u, R_PRODHI);
    UInt from = in_register(d) ? gpr(d->rm) : t1();
    source(u, from);
    op(d, INT_ALU, gpr(d->own), R_PRODLO, R_NONE, F_NONE);
    op(d, INT_ALU, gpr(d->reg), R_PRODHI, R_NONE, F_NONE);
}

static Bool with_vex(Decoding *d, UChar opcode) {
    UInt reg = gpr(d->reg), own = gpr(d->own), from;
    if (opcode < 0xf2 || opcode == 0xf4 || opcode > 0xf7) return False;
    from = operand(d, d->size);
    if (opcode == 0xf2) op(d, INT_ALU, reg, own, from, F_ALL);                     /* andn */
    else if (opcode == 0xf3) op(d, INT_ALU, own, from, R_NONE, F_ALL);             /* blsr, blsmsk, blsi */
    else if (opcode == 0xf5 && !d->repeat) op(d, INT_ALU, reg, own, from, F_ALL);  /* bzhi */
    else if (opcode == 0xf5) op(d, INT_MUL, reg, own, from, F_NONE);               /* pdep, pext */
    else if (opcode == 0xf6) multiply(d);
    else if (d->wide16 || d->repeat) op(d, INT_ALU, reg, own, from, F_NONE);       /* shlx, sarx, shrx */
    else { /* bextr */
        op(d, INT_ALU, temporary(2), own, from, F_NONE);
        op(d, INT_ALU, reg, temporary(2), R_NONE, F_ALL);
    }
    return True;
}

Bool decode_bits(Decoding *d, UInt map, UChar opcode) {
    if (map == 3 && d->vex && opcode == 0xf0) { /* rorx */
        UInt from = operand(d, d->size);
        op(d, INT_ALU, gpr(d->reg), from, R_NONE, F_NONE);
        return True;
    }
    if (map != 2 || opcode < 0xf0) return False;
    return d->vex ? with_vex(d, opcode) : without_vex(d, opcode);
}

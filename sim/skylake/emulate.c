/* What instructions on a wrong path compute, as far as addresses of loads and branches depend on it.
 *
 * A load from an unknown address brings nothing into the cache, a branch whose condition is unknown goes where it was
 * predicted to go. Nothing is written. */
#include "emulate.h"
#include "pub_tool_libcbase.h"

static inline Bool has(const Registers *r, UInt n) { return (r->known >> n) & 1; }
static inline void forget(Registers *r, UInt n) { r->known &= ~(1u << n); }

static inline void set(Registers *r, UInt n, ULong value, UInt size) {
    if (size < 4) {
        forget(r, n);
        return;
    }
    r->value[n] = size == 4 ? (UInt)value : value;
    r->known |= 1u << n;
}

static inline Bool arithmetic(UInt which, ULong a, ULong b, ULong *result) {
    switch (which) {
    case ADD: *result = a + b; return True;
    case OR: *result = a | b; return True;
    case AND: case TEST: *result = a & b; return True;
    case SUB: case CMP: *result = a - b; return True;
    case XOR: *result = a ^ b; return True;
    default: return False;
    }
}

static inline ULong cut(ULong value, UInt size) { return size == 8 ? value : value & ((1ULL << 8 * size) - 1); }

/* Sets the flags by an operation of known operands, and gives its result. */
static Bool operate(Registers *r, UInt which, ULong a, ULong b, UInt size, ULong *result) {
    if (!arithmetic(which, a, b, result)) return False;
    UInt top = 8 * size - 1;
    a = cut(a, size);
    b = cut(b, size);
    ULong v = cut(*result, size);
    Bool subtracts = which == SUB || which == CMP, logical = !subtracts && which != ADD;
    r->flags_known = r->flags_fresh = True;
    r->zero = v == 0;
    r->sign = (v >> top) & 1;
    r->carry = logical ? False : subtracts ? a < b : v < a;
    r->overflow = logical ? False : (((subtracts ? a ^ b : ~(a ^ b)) & (a ^ v)) >> top) & 1;
    return True;
}

static inline void compute(Registers *r, const Effect *e, Bool have, ULong b) {
    ULong result;
    Bool known = have && has(r, e->to) && operate(r, e->which, r->value[e->to], b, e->size, &result);
    if (e->which == CMP || e->which == TEST) return;
    if (known) set(r, e->to, result, e->size);
    else forget(r, e->to);
}

static inline void move(Registers *r, const Effect *e, ULong value) {
    if (has(r, e->from)) set(r, e->to, value, e->size);
    else forget(r, e->to);
}

static void compare(Registers *r, const Effect *e, Bool have, ULong b) {
    ULong a = r->value[e->to] >> e->to_shift, result;
    if (have && has(r, e->to)) operate(r, e->which, e->reversed ? b : a, e->reversed ? a : b, e->size, &result);
}

static void shift(Registers *r, const Effect *e) {
    if (!has(r, e->to)) {
        r->known &= ~e->forgets;
        return;
    }
    ULong v = e->size == 4 ? (UInt)r->value[e->to] : r->value[e->to];
    UInt by = e->number;
    if (e->which == 7) v = e->size == 4 ? (ULong)((Int)v >> by) : (ULong)((Long)v >> by);
    else v = e->which == 5 ? v >> by : v << by;
    set(r, e->to, v, e->size);
}

void emulate(const Inst *inst, Registers *r, Emulated *out) {
    const Effect *e = &inst->effect;
    /* Before the registers change. */
    Addr address = e->offset + r->value[e->base] + (r->value[e->index] << e->scale);
    Bool known = (r->known & e->needs) == e->needs && !e->unknown;
    ULong from = r->value[e->from] >> e->from_shift, none;
    out->address = e->memory && known ? address : 0;
    out->loads = e->memory && known && e->loads;
    r->flags_fresh = False;
    switch (e->form) {
    case E_OTHER: r->known &= ~e->forgets; break;
    case E_NOTHING: break;
    case E_COMPARE: compare(r, e, has(r, e->from), from); break;
    case E_COMPARE_NUMBER: compare(r, e, True, e->number); break;
    case E_ARITHMETIC: compute(r, e, has(r, e->from), from); break;
    case E_ARITHMETIC_NUMBER: compute(r, e, True, e->number); break;
    case E_ZERO:
        operate(r, XOR, 0, 0, e->size, &none);
        set(r, e->to, 0, 4);
        break;
    case E_WITH_MEMORY:
        out->computes = has(r, e->from);
        out->other = from;
        r->known &= ~(1u << e->to); /* NO_REGISTER is never known */
        break;
    case E_WITH_MEMORY_NUMBER:
        out->computes = True;
        out->other = e->number;
        break;
    case E_LOAD: forget(r, e->to); break;
    case E_MOVE: move(r, e, from); break;
    case E_MOVE_WORD: move(r, e, (UShort)from); break;
    case E_MOVE_BYTE: move(r, e, (UChar)from); break;
    case E_MOVE_SIGNED: move(r, e, (ULong)(Long)(Int)from); break;
    case E_NUMBER: set(r, e->to, e->number, e->size); break;
    case E_ADDRESS:
        if (known) set(r, e->to, address, e->size);
        else forget(r, e->to);
        break;
    case E_SHIFT: shift(r, e); break;
    case E_PUSH: r->value[4] -= 8; break;
    case E_POP: forget(r, e->to); /* fall through */
    case E_RETURN: r->value[4] += 8; break;
    }
    if (e->flags && !r->flags_fresh) r->flags_known = False;
}

Bool can_read(Addr a, UInt size) {
    Addr last = readable_until(DATA, a);
    return last && a + size - 1 <= last;
}

void emulate_load(const Inst *inst, const Emulated *in, Registers *r) {
    const Effect *e = &inst->effect;
    if (e->loaded == LOADED_NOTHING || (e->loaded == LOADED_OPERAND && !in->computes)) return;
    ULong v;
    switch (e->bytes) {
    case 1: v = *(const UChar *)in->address; break;
    case 2: v = *(const UShort *)in->address; break;
    case 4: v = *(const UInt *)in->address; break;
    default: v = *(const ULong *)in->address; break;
    }
    if (e->loaded == LOADED_OPERAND) {
        ULong result, a = e->reversed ? in->other : v, b = e->reversed ? v : in->other;
        if (operate(r, e->which, a, b, e->bytes, &result) && e->to != NO_REGISTER) set(r, e->to, result, e->width);
        return;
    }
    if (e->sign && e->bytes < 8 && v >> (8 * e->bytes - 1)) v |= ~0ULL << (8 * e->bytes);
    set(r, e->to, v, e->width);
}

Addr emulate_branch(const Inst *inst, Registers *r) {
    if (inst->kind == K_JUMP || inst->kind == K_CALL) return inst->target;
    UInt condition = inst->effect.condition;
    if (condition == NO_CONDITION || !r->flags_known) return 0;
    if (r->flags_known == FLAGS_BEFORE) flags_before(r);
    Bool taken;
    switch (condition >> 1) {
    case 0: taken = r->overflow; break;
    case 1: taken = r->carry; break;
    case 2: taken = r->zero; break;
    case 3: taken = r->carry || r->zero; break;
    case 4: taken = r->sign; break;
    case 6: taken = r->sign != r->overflow; break;
    case 7: taken = r->zero || r->sign != r->overflow; break;
    default: return 0; /* parity */
    }
    return taken != (condition & 1) ? inst->target : inst->pc + inst->len;
}

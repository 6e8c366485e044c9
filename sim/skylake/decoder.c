/* x86-64 bytes to an instruction with its micro-operations: prefixes, then the decoder of its map. */
#include "encoding.h"

void decode(Inst *inst, Uop uops[MAX_UOPS], Addr pc, const UChar *code, UInt room) {
    Decoding d = {.code = code, .room = room, .inst = inst, .uops = uops, .mod = 3, .half = 8};
    Bool prefix = True;
    *inst = (Inst){.pc = pc, .known = 1};
    UChar opcode = 0;
    while (prefix && !d.cut) {
        opcode = next_byte(&d);
        switch (opcode) {
        case 0x66: d.wide16 = True; break;
        case 0xf2:
        case 0xf3: d.repeat = opcode; break;
        case 0xf0: d.lock = True; break;
        case 0x67: d.short_address = True; break;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: break;
        default:
            if ((opcode & 0xf0) == 0x40) {
                d.rex = opcode;
                opcode = next_byte(&d);
            }
            prefix = False;
        }
    }
    d.size = (d.rex & 8) ? 8 : d.wide16 ? 2 : 4;
    if (opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62)
        decode_vex(&d, opcode);
    else if (opcode == 0x0f)
        decode_two_byte(&d, next_byte(&d));
    else
        decode_one_byte(&d, opcode);
    if (d.count == 0) {
        add_uop(&d, NO_UNIT);
        inst->known = 0;
    }
    inst->len = d.at ? d.at : 1;
    inst->nuops = d.count;
    inst->target += pc + inst->len; /* the decoders leave the displacement here */
    for (UInt i = 0; i < 2; i++) inst->bytes[i] = 0;
    for (UInt i = 0; i < inst->len && i < 16; i++)
        inst->bytes[i / 8] |= (ULong)code[i] << (8 * (i % 8));
}

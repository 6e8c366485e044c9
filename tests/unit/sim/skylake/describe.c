/* What the timing tool's decoder makes of instructions: a line of hexadecimal bytes in, a line of JSON out. */
#include "model.h"
#include <stdio.h>

static void numbers(const char *name, const UChar *values, UInt count) {
    printf("\"%s\": [", name);
    for (UInt i = 0; i < count; i++) printf("%s%u", i ? ", " : "", values[i]);
    printf("]");
}

int main(void) {
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        UChar code[16] = {0};
        UInt count = 0, byte;
        for (int at = 0, used; count < 15 && sscanf(line + at, "%2x%n", &byte, &used) == 1; at += used) code[count++] = byte;
        Inst inst;
        Uop uops[MAX_UOPS];
        decode(&inst, uops, 0x400000, code, count);
        printf("{\"length\": %u, \"known\": %u, \"kind\": %u, \"loop\": %u, \"uops\": [", inst.len, inst.known, inst.kind,
               inst.loop);
        for (UInt i = 0; i < inst.nuops; i++) {
            const Uop *u = &uops[i];
            printf("%s{\"class\": %u, \"size\": %u, \"offset\": %u, \"store\": %u, ", i ? ", " : "", u->cls, u->size,
                   u->offset, u->slot == MEM_STORE);
            numbers("sources", u->src, u->nsrc);
            printf(", ");
            numbers("destinations", u->dst, u->ndst);
            printf("}");
        }
        printf("]}\n");
    }
}

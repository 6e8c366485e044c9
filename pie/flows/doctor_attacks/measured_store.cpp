// any: a program cannot write to the instrument's memory
// ends: tampering
static bool translated() {
    int here;
    return reinterpret_cast<unsigned long>(&here) >> 40 < 0x70;
}
int main() {
    if (translated())
        for (unsigned long at = 0x58800000; at > 0x58000000; at -= 4096) *reinterpret_cast<volatile long *>(at) = 0;
}

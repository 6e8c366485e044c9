#include <cstdio>
int main(){ long n; scanf("%ld",&n); unsigned char c; long r; asm volatile("syscall":"=a"(r):"0"(318),"D"(&c),"S"(1),"d"(0):"rcx","r11","memory"); volatile long s=0; for(int i=0;i<c*1000;i++) s+=i; printf("%ld\n",n); }

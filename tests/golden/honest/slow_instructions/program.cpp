#include <cstdio>
int main(){ long n; scanf("%ld",&n); long double x=0.5; for(long i=0;i<1500000;i++){ asm volatile("fsin":"+t"(x)); x+=0.3; } printf("%ld\n", x>-9? n:0); }

#include <cstdio>
#include <sys/auxv.h>
int main(){ long n; scanf("%ld",&n); unsigned char c=*(unsigned char*)getauxval(AT_RANDOM); volatile long s=0; for(int i=0;i<c*1000;i++) s+=i; printf("%ld\n",n); }

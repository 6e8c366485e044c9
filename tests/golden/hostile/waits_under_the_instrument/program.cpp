#include <cstdio>
#include <unistd.h>
#include <sys/stat.h>
int main(){long n;scanf("%ld",&n);printf("%ld\n",n);fflush(stdout);struct stat s; if(stat("/proc/self",&s)==0) sleep(100000);}

#include <cstdio>
static int sum;
static struct Table {
    int squares[100];
    Table() {
        for (int i = 0; i < 100; i++) squares[i] = i * i;
    }
    ~Table() { std::printf("%d\n", sum); }
} table;
static thread_local int calls = 3;
int main() {
    for (int square : table.squares) sum += square;
    sum += calls;
}

#include <bits/stdc++.h>
#include <iostream>
#include <bits/stdc++.h>
int main() {
    int n;
    std::cin >> n;
    std::cout << n + 1 << std::endl;
}

class Solution:
    def f(self, head):
        head.next = head
        return head

import contextlib
import io

text = io.StringIO()
with contextlib.redirect_stdout(text):
    print(15)
print(text.getvalue(), end="")

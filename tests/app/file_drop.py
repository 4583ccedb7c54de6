"""A hand that drags files from another program onto a window and lets them go there, by XDND.

    file_drop.py WINDOW X Y FILE…      needs python3-xlib

Ends with status 0 once the window has taken them, 1 when it does not within ten seconds, 2 without the library.
"""

import sys
import time
import urllib.parse

try:
    from Xlib import X, Xatom, display, error
    from Xlib.protocol import event
except ImportError:
    sys.exit(2)


def main():
    number, x, y = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    text = "".join("file://" + urllib.parse.quote(path) + "\r\n" for path in sys.argv[4:]).encode()
    here = display.Display()
    atom = here.intern_atom
    target = here.create_resource_object("window", number)
    source = here.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, X.InputOnly, X.CopyFromParent)
    source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)
    kind = atom("text/uri-list")

    def tell(name, *values):
        data = (32, [source.id] + [v & 0xffffffff for v in values] + [0] * (4 - len(values)))
        target.send_event(event.ClientMessage(window=target, client_type=atom(name), data=data))
        here.flush()

    tell("XdndEnter", 5 << 24, kind)
    tell("XdndPosition", 0, x << 16 | y, X.CurrentTime, atom("XdndActionCopy"))
    dropped, end = False, time.monotonic() + 10
    while time.monotonic() < end:
        if not here.pending_events():
            time.sleep(0.01)
            continue
        got = here.next_event()
        if got.type == X.ClientMessage and got.client_type == atom("XdndStatus") and not dropped:
            if not got.data[1][1] & 1:
                return 1
            tell("XdndDrop", 0, X.CurrentTime)
            dropped = True
        elif got.type == X.ClientMessage and got.client_type == atom("XdndFinished"):
            return 0
        elif got.type == X.SelectionRequest:
            got.requestor.change_property(got.property, got.target, 8, text)
            got.requestor.send_event(event.SelectionNotify(time=got.time, requestor=got.requestor, selection=got.selection,
                                                           target=got.target, property=got.property))
            here.flush()
    return 1


if __name__ == "__main__":
    sys.exit(main())

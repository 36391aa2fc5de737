"""The end of a service that systemd holds: what a daemon tells it (sd_notify)."""
import os
import socket


class NotifySocket:
    def __init__(self, folder):
        """Makes FOLDER/notify, in the place of one that is there."""
        self.path = folder / "notify"
        self.path.unlink(missing_ok=True)
        self.seen = ""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)

    def environment(self, watchdog_us=400_000):
        """Of a daemon that is to tell this socket, and its pulse every half of `watchdog_us`."""
        return dict(os.environ, NOTIFY_SOCKET=str(self.path), WATCHDOG_USEC=str(watchdog_us))

    def told(self):
        """Everything since the beginning, or since forget()."""
        try:
            while True:
                self.seen += self.socket.recv(4096).decode() + "\n"
        except BlockingIOError:
            return self.seen

    def forget(self):
        self.told()
        self.seen = ""

    def close(self):
        self.socket.close()

// The bound: what any HTTP server on these sockets pays for an exchange. Reads whatever comes, answers a constant reply
// as long as that of SendMessage, parses nothing. Usage: bare; prints its port, ends when its standard input does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

constexpr int kEventsMax = 256;
constexpr std::size_t kReadBytes = 64 * 1024;  // more than a batch of 10 x 1 KiB: one read takes a request

std::string constant_reply() {
  const std::string body =
      R"({"MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592","MessageId":"11111111-1111-1111-1111-111111111111"})";
  return "HTTP/1.1 200 OK\r\nx-amzn-RequestId: 11111111-1111-1111-1111-111111111111\r\n"
         "Content-Type: application/x-amz-json-1.0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

int listen_on_loopback() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 1024) != 0) return -1;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

void accept_all(int epoll, int listener) {
  for (int client; (client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, client);
  }
}

// A request that came in pieces (a batch on its first round trips) is answered once: its first piece begins with POST.
void answer(int client, const std::string& reply) {
  static char bytes[kReadBytes];
  const ssize_t size = recv(client, bytes, sizeof bytes, 0);
  if (size == 0) {
    close(client);
  } else if (size > 0 && bytes[0] == 'P' && bytes[1] == 'O' && bytes[2] == 'S' && bytes[3] == 'T') {
    send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
  }
}

}  // namespace

int main() {
  const int listener = listen_on_loopback();
  if (listener < 0) return 1;
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  watch(epoll, STDIN_FILENO);
  const std::string reply = constant_reply();
  epoll_event events[kEventsMax];
  for (;;) {
    const int count = epoll_wait(epoll, events, kEventsMax, -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == STDIN_FILENO) return 0;
      if (descriptor == listener) {
        accept_all(epoll, listener);
      } else {
        answer(descriptor, reply);
      }
    }
  }
}

#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "linux/fd.h"
#include "linux/loop.h"
#include "linux/workers.h"
#include "runtime/network.h"

namespace linux_runtime {

// The resolver that each network has at its .2 address and at 169.254.169.253, over UDP and TCP. Names that the network
// knows it answers itself, whatever the routes are; for the others it asks this machine's name servers, as AWS's does,
// also for a subnet without a way out.
//
// Everything here is called on the loop's thread, where it waits for queries; idle it costs nothing.
class Resolver {
 public:
  struct Sockets {
    std::vector<Fd> datagrams;  // bound, one for each address
    Fd stream;                  // listening
  };

  // `servers` tells the machine's name servers, as addresses with port; asked for each query that is passed on.
  using Servers = std::function<std::vector<sockaddr_in>()>;
  explicit Resolver(Loop& loop, Servers servers);
  ~Resolver();

  void open(const std::string& network, Sockets sockets);
  void change(const std::shared_ptr<const runtime::Network>& network);
  void close(const std::string& network);

 private:
  struct Place {
    std::shared_ptr<const runtime::Network> network;
    Sockets sockets;
  };
  // A query that was passed on by datagram.
  struct Passed {
    Fd upstream;
    std::string network;
    int socket = -1;  // where it came in
    sockaddr_in client{};
    std::string query;
    std::vector<sockaddr_in> servers;  // still to be asked
    Loop::Timer timeout;
  };
  // A client of the stream socket: one query after another, each two bytes of length and then the message.
  struct Client {
    Fd socket;
    std::string network;
    std::string in;
    Loop::Timer timeout;
    bool waits = false;  // for an answer from outside
  };

  void read_datagrams(const std::string& network, int socket);
  void on_datagram(const std::string& network, int socket, const sockaddr_in& client, const std::string& query);
  // The answer, if the network gives it; "" when it has to be asked for outside.
  std::string answer_here(const Place& place, const std::string& query);
  void ask_next(int upstream);
  void start_passing(Passed passed);
  void on_upstream(int upstream);
  void finish(int upstream, const std::string& answer);

  void accept_clients(const std::string& network, int socket);
  void read_client(int socket);
  void serve_client(int socket);
  void send_to_client(int socket, const std::string& answer);
  void close_client(int socket);

  Loop& loop_;
  const Servers servers_;
  std::map<std::string, Place> places_;
  std::map<int, Passed> passed_;   // by upstream socket
  std::map<int, Client> clients_;  // by socket
  std::size_t turn_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what comes back from the worker
  Workers worker_;  // for queries of stream clients that are asked for outside: rare, and done in one blocking go
};

// Those of /etc/resolv.conf, IPv4.
std::vector<sockaddr_in> machine_name_servers();

}  // namespace linux_runtime

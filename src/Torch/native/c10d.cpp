// Stores and process groups of c10d. Which backends are here depends on the headers that were found: ckpt_backends says.
#include "shim.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <vector>

#include <ATen/Functions.h>

#ifdef CKPT_C10D
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

using namespace ckpt;

// Bit 0: stores, bit 1: Gloo, bit 2: NCCL.
CKPT_API int32_t ckpt_backends() {
    int32_t backends = 0;
#ifdef CKPT_C10D
    backends |= 1;
#ifdef USE_C10D_GLOO
    backends |= 2;
#endif
#ifdef USE_C10D_NCCL
    backends |= 4;
#endif
#endif
    return backends;
}

#ifdef CKPT_C10D

namespace {

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

struct StoreHandle {
    c10::intrusive_ptr<c10d::Store> store;
    int32_t port;
};

struct WorkHandle {
    virtual ~WorkHandle() = default;
    virtual void wait() = 0;
};

// The class of a work item moved between releases: only its wait() is used.
template <class Work>
struct WorkOf final : WorkHandle {
    explicit WorkOf(Work work) : work_(std::move(work)) {}
    void wait() override {
        if (work_) { work_->wait(); }
    }
    Work work_;
};

template <class Work>
WorkHandle* held(Work work) { return new WorkOf<Work>(std::move(work)); }

struct GroupHandle {
    c10::intrusive_ptr<Backend> group;
};

std::chrono::milliseconds milliseconds(int64_t value) { return std::chrono::milliseconds(value); }

std::vector<at::Tensor> list_of(void* const* handles, int32_t count) {
    std::vector<at::Tensor> list;
    list.reserve(count);
    for (int32_t i = 0; i < count; i++) { list.push_back(borrowed(handles[i])); }
    return list;
}

// The newer server is not in every build of LibTorch, and the older in all: an option that came with the newer one says which.
template <class Options>
auto with_plain_server(Options& options, int) -> decltype(options.useLibUV, void()) { options.useLibUV = false; }
template <class Options>
void with_plain_server(Options&, long) {}

#ifdef USE_C10D_GLOO
// As torch.distributed does: the interfaces named by the environment, else the address this machine's name has, else loopback.
std::vector<std::shared_ptr<::gloo::transport::Device>> gloo_devices() {
    std::vector<std::shared_ptr<::gloo::transport::Device>> devices;
    const char* names = std::getenv("GLOO_SOCKET_IFNAME");
    if (names != nullptr && *names != '\0') {
        std::stringstream list(names);
        for (std::string name; std::getline(list, name, ',');) {
            devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
        }
    } else {
        devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    }
    return devices;
}
#endif

}  // namespace

CKPT_API int32_t ckpt_store_tcp(const char* host, int32_t port, int32_t world, int32_t server, int64_t timeout, void** result) {
    return guarded([&] {
        c10d::TCPStoreOptions options;
        options.port = static_cast<std::uint16_t>(port);
        options.isServer = server != 0;
        if (world > 0) { options.numWorkers = static_cast<std::size_t>(world); }
        options.waitWorkers = false;
        options.timeout = milliseconds(timeout);
        with_plain_server(options, 0);
        auto store = c10::make_intrusive<c10d::TCPStore>(std::string(host), options);
        const auto bound = static_cast<int32_t>(store->getPort());
        store->setTimeout(milliseconds(timeout));
        *result = new StoreHandle{std::move(store), bound};
    });
}

CKPT_API int32_t ckpt_store_file(const char* path, int32_t world, int64_t timeout, void** result) {
    return guarded([&] {
        auto store = c10::make_intrusive<c10d::FileStore>(std::string(path), world);
        store->setTimeout(milliseconds(timeout));
        *result = new StoreHandle{std::move(store), 0};
    });
}

CKPT_API int32_t ckpt_store_hash(int64_t timeout, void** result) {
    return guarded([&] {
        auto store = c10::make_intrusive<c10d::HashStore>();
        store->setTimeout(milliseconds(timeout));
        *result = new StoreHandle{std::move(store), 0};
    });
}

CKPT_API int32_t ckpt_store_prefix(const char* prefix, void* inner, void** result) {
    return guarded([&] {
        auto& handle = *static_cast<StoreHandle*>(inner);
        *result = new StoreHandle{c10::make_intrusive<c10d::PrefixStore>(std::string(prefix), handle.store), handle.port};
    });
}

CKPT_API void ckpt_store_free(void* store) { delete static_cast<StoreHandle*>(store); }
CKPT_API int32_t ckpt_store_port(void* store) { return static_cast<StoreHandle*>(store)->port; }

CKPT_API int32_t ckpt_store_set(void* store, const char* key, const uint8_t* bytes, int32_t count) {
    return guarded([&] { static_cast<StoreHandle*>(store)->store->set(key, std::vector<uint8_t>(bytes, bytes + count)); });
}

// Waits until the key is there. The bytes are a uint8 tensor.
CKPT_API int32_t ckpt_store_get(void* store, const char* key, void** bytes) {
    return guarded([&] {
        const auto found = static_cast<StoreHandle*>(store)->store->get(key);
        auto tensor = at::empty({static_cast<int64_t>(found.size())}, at::TensorOptions().dtype(at::kByte));
        if (!found.empty()) { std::memcpy(tensor.data_ptr(), found.data(), found.size()); }
        *bytes = given(std::move(tensor));
    });
}

CKPT_API int32_t ckpt_store_add(void* store, const char* key, int64_t amount, int64_t* sum) {
    return guarded([&] { *sum = static_cast<StoreHandle*>(store)->store->add(key, amount); });
}

CKPT_API int32_t ckpt_store_wait(void* store, const char* key, int64_t timeout) {
    return guarded([&] { static_cast<StoreHandle*>(store)->store->wait({std::string(key)}, milliseconds(timeout)); });
}

CKPT_API int32_t ckpt_group_gloo(void* store, int32_t rank, int32_t size, int64_t timeout, void** result) {
    return guarded([&] {
#ifdef USE_C10D_GLOO
        auto options = c10d::ProcessGroupGloo::Options::create(milliseconds(timeout));
        options->devices = gloo_devices();
        options->threads = 2 * static_cast<int>(options->devices.size());
        *result = new GroupHandle{c10::make_intrusive<c10d::ProcessGroupGloo>(static_cast<StoreHandle*>(store)->store, rank, size, options)};
#else
        TORCH_CHECK(false, "built without Gloo: its headers were not found (Debian: libgloo-dev)");
#endif
    });
}

CKPT_API int32_t ckpt_group_nccl(void* store, int32_t rank, int32_t size, int64_t timeout, void** result) {
    return guarded([&] {
#ifdef USE_C10D_NCCL
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = milliseconds(timeout);
        *result = new GroupHandle{c10::make_intrusive<c10d::ProcessGroupNCCL>(static_cast<StoreHandle*>(store)->store, rank, size, options)};
#else
        TORCH_CHECK(false, "built without NCCL: its header (nccl.h) or CUDA's were not found");
#endif
    });
}

CKPT_API void ckpt_group_free(void* group) { delete static_cast<GroupHandle*>(group); }

enum class Collective : int32_t {
    AllReduce = 0, Broadcast = 1, AllGather = 2, Barrier = 3, Send = 4, Receive = 5, Reduce = 6, AllToAll = 7, Gather = 8, Scatter = 9,
    ReduceScatter = 10, AllGatherInto = 11, ReduceScatterFrom = 12,
};

// One entry for all: which of `outputs` and `inputs` an operation uses is c10d's own convention. `number` is the reduction, `peer` the root
// or the other side. The work item is the caller's, to wait for and to free.
CKPT_API int32_t ckpt_collective(
    void* group, Collective operation, void* const* outputs, int32_t output_count, void* const* inputs, int32_t input_count, int32_t number,
    int32_t peer, int32_t tag, void** work) {
    return guarded([&] {
        auto& pg = *static_cast<GroupHandle*>(group)->group;
        auto out = list_of(outputs, output_count);
        auto in = list_of(inputs, input_count);
        const auto reduction = static_cast<c10d::ReduceOp::RedOpType>(number);
        switch (operation) {
            case Collective::AllReduce: {
                c10d::AllreduceOptions options;
                options.reduceOp = reduction;
                *work = held(pg.allreduce(out, options));
                return;
            }
            case Collective::Broadcast: {
                c10d::BroadcastOptions options;
                options.rootRank = peer;
                *work = held(pg.broadcast(out, options));
                return;
            }
            case Collective::Reduce: {
                c10d::ReduceOptions options;
                options.reduceOp = reduction;
                options.rootRank = peer;
                *work = held(pg.reduce(out, options));
                return;
            }
            case Collective::AllGather: {
                std::vector<std::vector<at::Tensor>> gathered{out};
                *work = held(pg.allgather(gathered, in));
                return;
            }
            case Collective::Gather: {
                std::vector<std::vector<at::Tensor>> gathered;
                if (!out.empty()) { gathered.push_back(out); }
                c10d::GatherOptions options;
                options.rootRank = peer;
                *work = held(pg.gather(gathered, in, options));
                return;
            }
            case Collective::Scatter: {
                std::vector<std::vector<at::Tensor>> scattered;
                if (!in.empty()) { scattered.push_back(in); }
                c10d::ScatterOptions options;
                options.rootRank = peer;
                *work = held(pg.scatter(out, scattered, options));
                return;
            }
            case Collective::ReduceScatter: {
                std::vector<std::vector<at::Tensor>> scattered{in};
                c10d::ReduceScatterOptions options;
                options.reduceOp = reduction;
                *work = held(pg.reduce_scatter(out, scattered, options));
                return;
            }
            case Collective::AllToAll: {
                std::vector<int64_t> even;
                *work = held(pg.alltoall_base(out.at(0), in.at(0), even, even));
                return;
            }
            case Collective::AllGatherInto:
                *work = held(pg._allgather_base(out.at(0), in.at(0)));
                return;
            case Collective::ReduceScatterFrom: {
                c10d::ReduceScatterOptions options;
                options.reduceOp = reduction;
                *work = held(pg._reduce_scatter_base(out.at(0), in.at(0), options));
                return;
            }
            case Collective::Send: *work = held(pg.send(in, peer, tag)); return;
            case Collective::Receive: *work = held(pg.recv(out, peer, tag)); return;
            case Collective::Barrier: *work = held(pg.barrier()); return;
        }
        TORCH_CHECK(false, "no such operation: ", static_cast<int32_t>(operation));
    });
}

CKPT_API int32_t ckpt_work_wait(void* work) {
    return guarded([&] { static_cast<WorkHandle*>(work)->wait(); });
}

CKPT_API void ckpt_work_free(void* work) { delete static_cast<WorkHandle*>(work); }

#endif

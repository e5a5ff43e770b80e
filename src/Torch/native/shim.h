// What every file of the shim shares: the C types that cross to C#, and the one place where C++ exceptions end.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/UndefinedTensorImpl.h>
#include <c10/util/Exception.h>
#include <c10/util/intrusive_ptr.h>

#define CKPT_API extern "C" __attribute__((visibility("default")))

namespace ckpt {

// The numbers are those of Ckpt.Torch.ArgumentKind.
enum class Tag : int32_t {
    None = 0, Tensor = 1, Int = 2, Double = 3, Bool = 4, String = 5, IntList = 6, DoubleList = 7, BoolList = 8, TensorList = 9,
    Device = 10,
};

// One boxed argument or result. Lists and strings point to memory of the caller, `count` elements of it; a TensorList among results
// points to an array that ckpt_free_array releases.
struct Value {
    Tag tag;
    int32_t count;
    union {
        int64_t i;
        double d;
        void* p;
    };
};

// Thrown where a callback into C# failed; the id finds the exception again on that side.
struct CallbackError final : std::exception {
    explicit CallbackError(int64_t exception) : id(exception) {}
    const char* what() const noexcept override { return "a callback into managed code failed"; }
    int64_t id;
};

// A tensor handle is the TensorImpl itself with one reference counted: no allocation stands between C# and the tensor.
using Impl = c10::intrusive_ptr<at::TensorImpl, c10::UndefinedTensorImpl>;

extern std::atomic<int64_t> live_tensors;

inline at::Tensor borrowed(void* handle) {
    if (handle == nullptr) { return at::Tensor(); }
    return at::Tensor(Impl::reclaim_copy(static_cast<at::TensorImpl*>(handle)));
}

inline void* given(at::Tensor tensor) {
    if (!tensor.defined()) { return nullptr; }
    live_tensors.fetch_add(1, std::memory_order_relaxed);
    return tensor.unsafeReleaseTensorImpl();
}

inline c10::Device device_of(int64_t packed) {
    return c10::Device(static_cast<c10::DeviceType>(packed >> 8), static_cast<c10::DeviceIndex>(static_cast<int8_t>(packed & 0xff)));
}

void remember(const char* message, int64_t callback) noexcept;

// 0: done. 1: LibTorch's error, in ckpt_last_error. 2: an exception of C#, by the id ckpt_last_callback gives.
template <class Body>
int32_t guarded(Body&& body) noexcept {
    try {
        body();
        return 0;
    } catch (const CallbackError& error) {
        remember(error.what(), error.id);
        return 2;
    } catch (const c10::Error& error) {
        remember(error.what_without_backtrace(), 0);
        return 1;
    } catch (const std::exception& error) {
        remember(error.what(), 0);
        return 1;
    } catch (...) {
        remember("LibTorch threw something that is no exception", 0);
        return 1;
    }
}

}  // namespace ckpt

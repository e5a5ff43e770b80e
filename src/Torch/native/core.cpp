// Tensors in and out, the one generic call, random numbers, threads, devices.
#include "shim.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/api/include/torch/version.h>

CKPT_API void ckpt_tensor_free(void* handle);

namespace ckpt {

std::atomic<int64_t> live_tensors{0};

static thread_local std::string last_error;
static thread_local int64_t last_callback = 0;

void remember(const char* message, int64_t callback) noexcept {
    last_callback = callback;
    try {
        last_error = message;
    } catch (...) {
        last_error.clear();
    }
}

// What an argument of an operator wants, looked up once and not at every call.
enum class Want : uint8_t { Other, Tensor, OptionalTensorList, TensorList, Int, Float, Bool, Scalar, IntList, FloatList, BoolList, ScalarList, Device };

struct Operator {
    c10::OperatorHandle handle;
    std::vector<Want> wants;
    std::vector<bool> optional;
    std::string name;
};

static Want want_of(const c10::Type* type) {
    switch (type->kind()) {
        case c10::TypeKind::TensorType: return Want::Tensor;
        case c10::TypeKind::FloatType: return Want::Float;
        case c10::TypeKind::BoolType: return Want::Bool;
        case c10::TypeKind::NumberType: return Want::Scalar;
        case c10::TypeKind::DeviceObjType: return Want::Device;
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType: return Want::Int;
        case c10::TypeKind::ListType: {
            const auto& element = type->castRaw<c10::ListType>()->getElementType();
            switch (element->kind()) {
                case c10::TypeKind::TensorType: return Want::TensorList;
                case c10::TypeKind::OptionalType: return Want::OptionalTensorList;
                case c10::TypeKind::FloatType: return Want::FloatList;
                case c10::TypeKind::BoolType: return Want::BoolList;
                case c10::TypeKind::NumberType: return Want::ScalarList;
                case c10::TypeKind::IntType:
                case c10::TypeKind::SymIntType: return Want::IntList;
                default: return Want::Other;
            }
        }
        // The schema's own types of enumerations (ScalarType, Layout, MemoryFormat) are integers in a boxed call.
        default: return Want::Other;
    }
}

static at::Tensor number(const c10::Scalar& scalar) {
    auto tensor = c10::scalar_to_tensor(scalar);
    tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
    return tensor;
}

template <class T>
static c10::List<T> list_of(const Value& value) {
    const auto* items = static_cast<const T*>(value.p);
    c10::List<T> list;
    list.reserve(value.count);
    for (int32_t i = 0; i < value.count; i++) { list.push_back(items[i]); }
    return list;
}

static c10::IValue tensors_of(const Value& value, bool optional) {
    auto* const* handles = static_cast<void* const*>(value.p);
    if (optional) {
        c10::List<c10::optional<at::Tensor>> list;
        list.reserve(value.count);
        for (int32_t i = 0; i < value.count; i++) {
            list.push_back(handles[i] == nullptr ? c10::optional<at::Tensor>() : c10::optional<at::Tensor>(borrowed(handles[i])));
        }
        return list;
    }
    c10::List<at::Tensor> list;
    list.reserve(value.count);
    for (int32_t i = 0; i < value.count; i++) { list.push_back(borrowed(handles[i])); }
    return list;
}

// Numbers are widened to what the schema wants: an int is good for a float, one int for a list of one, a number for a tensor.
static c10::IValue boxed(const Value& value, Want want, bool optional) {
    switch (value.tag) {
        case Tag::Tensor: return borrowed(value.p);
        case Tag::Bool:
            if (want == Want::Tensor) { return number(c10::Scalar(value.i != 0)); }
            return value.i != 0;
        case Tag::Int:
            if (want == Want::Float) { return static_cast<double>(value.i); }
            if (want == Want::IntList) { return c10::List<int64_t>({value.i}); }
            if (want == Want::Tensor) { return number(c10::Scalar(value.i)); }
            if (want == Want::Bool) { return value.i != 0; }
            return value.i;
        case Tag::Double:
            if (want == Want::FloatList) { return c10::List<double>({value.d}); }
            if (want == Want::Tensor) { return number(c10::Scalar(value.d)); }
            return value.d;
        case Tag::String: {
            std::string text(static_cast<const char*>(value.p), value.count);
            if (want == Want::Device) { return c10::Device(text); }
            return text;
        }
        case Tag::IntList:
            if (want == Want::FloatList || want == Want::ScalarList) {
                const auto* items = static_cast<const int64_t*>(value.p);
                if (want == Want::FloatList) {
                    c10::List<double> list;
                    for (int32_t i = 0; i < value.count; i++) { list.push_back(static_cast<double>(items[i])); }
                    return list;
                }
                c10::impl::GenericList list(c10::NumberType::get());
                for (int32_t i = 0; i < value.count; i++) { list.push_back(items[i]); }
                return list;
            }
            return list_of<int64_t>(value);
        case Tag::DoubleList:
            if (want == Want::ScalarList) {
                const auto* items = static_cast<const double*>(value.p);
                c10::impl::GenericList list(c10::NumberType::get());
                for (int32_t i = 0; i < value.count; i++) { list.push_back(items[i]); }
                return list;
            }
            return list_of<double>(value);
        case Tag::BoolList: return list_of<bool>(value);
        case Tag::TensorList: return tensors_of(value, want == Want::OptionalTensorList);
        case Tag::Device: return device_of(value.i);
        case Tag::None: break;
    }
    // A tensor that the schema allows to be absent is None: an undefined one would count as given.
    return want == Want::Tensor && !optional ? c10::IValue(at::Tensor()) : c10::IValue();
}

static void put(c10::IValue value, Value& result) {
    result = Value{Tag::None, 0, {0}};
    if (value.isTensor()) {
        result.p = given(std::move(value).toTensor());
        result.tag = result.p == nullptr ? Tag::None : Tag::Tensor;
    } else if (value.isTensorList()) {
        auto list = std::move(value).toTensorVector();
        auto handles = std::make_unique<void*[]>(list.size());
        for (size_t i = 0; i < list.size(); i++) { handles[i] = given(std::move(list[i])); }
        result.tag = Tag::TensorList;
        result.count = static_cast<int32_t>(list.size());
        result.p = handles.release();
    } else if (value.isBool()) {
        result.tag = Tag::Bool;
        result.i = value.toBool();
    } else if (value.isInt()) {
        result.tag = Tag::Int;
        result.i = value.toInt();
    } else if (value.isDouble()) {
        result.tag = Tag::Double;
        result.d = value.toDouble();
    } else if (!value.isNone()) {
        TORCH_CHECK(false, "a result of type ", value.tagKind(), " has no form in C#");
    }
}

static void drop(const Value& result) {
    if (result.tag == Tag::Tensor) { ckpt_tensor_free(result.p); }
    if (result.tag != Tag::TensorList) { return; }
    auto** handles = static_cast<void**>(result.p);
    for (int32_t i = 0; i < result.count; i++) { ckpt_tensor_free(handles[i]); }
    delete[] handles;
}

}  // namespace ckpt

using namespace ckpt;

CKPT_API const char* ckpt_last_error() { return last_error.c_str(); }
CKPT_API int64_t ckpt_last_callback() { return last_callback; }
CKPT_API const char* ckpt_version() { return TORCH_VERSION; }
CKPT_API int64_t ckpt_live_tensors() { return live_tensors.load(std::memory_order_relaxed); }

CKPT_API void ckpt_tensor_free(void* handle) {
    if (handle == nullptr) { return; }
    live_tensors.fetch_sub(1, std::memory_order_relaxed);
    Impl::reclaim(static_cast<at::TensorImpl*>(handle)).reset();
}

// A second handle of the same tensor.
CKPT_API void* ckpt_tensor_share(void* handle) { return given(borrowed(handle)); }

CKPT_API void ckpt_free_array(void* array) { delete[] static_cast<void**>(array); }

// Operators live as long as the process: C# keeps one handle for each name it has used.
CKPT_API int32_t ckpt_operator(const char* name, const char* overload, void** result) {
    return guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        auto made = std::make_unique<Operator>(Operator{handle, {}, {}, name});
        for (const auto& argument : handle.schema().arguments()) {
            const c10::Type* type = argument.type().get();
            const bool optional = type->kind() == c10::TypeKind::OptionalType;
            c10::TypePtr inner = optional ? type->castRaw<c10::OptionalType>()->getElementType() : argument.type();
            made->optional.push_back(optional);
            made->wants.push_back(want_of(inner.get()));
        }
        *result = made.release();
    });
}

CKPT_API int32_t ckpt_has_operator(const char* name, const char* overload) {
    return c10::Dispatcher::singleton().findSchema({name, overload}).has_value();
}

// Arguments that are left out, and None where the schema allows no None, are the schema's defaults. Results past `capacity` are dropped,
// but counted: an in-place operator is called with none, as its result is its first argument.
CKPT_API int32_t ckpt_call(void* op, const Value* arguments, int32_t count, Value* results, int32_t capacity, int32_t* given_results) {
    return guarded([&] {
        auto& self = *static_cast<Operator*>(op);
        const auto total = self.wants.size();
        TORCH_CHECK(static_cast<size_t>(count) <= total, self.name, " takes ", total, " arguments, not ", count);
        torch::jit::Stack stack;
        stack.reserve(std::max<size_t>(total, 4));
        for (size_t i = 0; i < total; i++) {
            const bool absent = i >= static_cast<size_t>(count);
            if (absent || (arguments[i].tag == Tag::None && !self.optional[i] && self.wants[i] != Want::Tensor)) {
                const auto& argument = self.handle.schema().arguments()[i];
                if (argument.default_value()) {
                    stack.push_back(*argument.default_value());
                    continue;
                }
                TORCH_CHECK(false, self.name, " needs its argument '", argument.name(), "'");
            }
            stack.push_back(boxed(arguments[i], self.wants[i], self.optional[i]));
        }
        self.handle.callBoxed(stack);
        const auto kept = std::min<size_t>(stack.size(), capacity);
        size_t done = 0;
        try {
            for (; done < kept; done++) { put(std::move(stack[done]), results[done]); }
        } catch (...) {
            while (done > 0) { drop(results[--done]); }
            throw;
        }
        *given_results = static_cast<int32_t>(stack.size());
    });
}

struct Info {
    int64_t numel;
    int64_t element_size;
    const int64_t* sizes;
    const int64_t* strides;
    int32_t dimensions;
    int32_t type;
    int32_t device;
    int32_t flags;  // 1 requires grad, 2 leaf, 4 contiguous
};

CKPT_API int32_t ckpt_tensor_info(void* handle, Info* info) {
    return guarded([&] {
        auto* impl = static_cast<at::TensorImpl*>(handle);
        const auto sizes = impl->sizes();
        info->numel = impl->numel();
        info->element_size = static_cast<int64_t>(impl->itemsize());
        info->sizes = sizes.data();
        info->strides = impl->layout() == c10::kStrided ? impl->strides().data() : nullptr;
        info->dimensions = static_cast<int32_t>(sizes.size());
        info->type = static_cast<int32_t>(c10::typeMetaToScalarType(impl->dtype()));
        const auto device = impl->device();
        info->device = (static_cast<int32_t>(device.type()) << 8) | (static_cast<uint8_t>(device.index()));
        const bool strided = info->strides != nullptr;
        info->flags = (impl->requires_grad() ? 1 : 0) | (strided && impl->is_contiguous() ? 4 : 0);
    });
}

CKPT_API int32_t ckpt_tensor_data(void* handle, void** data) {
    return guarded([&] { *data = borrowed(handle).data_ptr(); });
}

CKPT_API int32_t ckpt_tensor_item(void* handle, Value* result) {
    return guarded([&] {
        const auto item = borrowed(handle).item();
        *result = Value{Tag::None, 0, {0}};
        if (item.isBoolean()) {
            result->tag = Tag::Bool;
            result->i = item.toBool();
        } else if (item.isIntegral(false)) {
            result->tag = Tag::Int;
            result->i = item.toLong();
        } else {
            result->tag = Tag::Double;
            result->d = item.toDouble();
        }
    });
}

// A tensor of its own memory, uninitialised. The layout of every other factory comes through ckpt_call.
CKPT_API int32_t ckpt_empty(const int64_t* sizes, int32_t dimensions, int32_t type, int32_t device, void** result) {
    return guarded([&] {
        const auto options = at::TensorOptions().dtype(static_cast<c10::ScalarType>(type)).device(device_of(device));
        *result = given(at::empty(c10::IntArrayRef(sizes, dimensions), options));
    });
}

CKPT_API int32_t ckpt_manual_seed(uint64_t seed) {
    return guarded([&] { at::manual_seed(seed); });
}

CKPT_API int32_t ckpt_get_rng_state(int32_t device, void** result) {
    return guarded([&] {
        auto generator = at::globalContext().defaultGenerator(device_of(device));
        const std::lock_guard<std::mutex> lock(generator.mutex());
        *result = given(generator.get_state());
    });
}

CKPT_API int32_t ckpt_set_rng_state(int32_t device, void* state) {
    return guarded([&] {
        auto generator = at::globalContext().defaultGenerator(device_of(device));
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(borrowed(state));
    });
}

CKPT_API int32_t ckpt_set_num_threads(int32_t count) {
    return guarded([&] {
        TORCH_CHECK(count > 0, "threads: ", count, ", at least 1 allowed");
        at::set_num_threads(count);
    });
}

CKPT_API int32_t ckpt_get_num_threads() { return at::get_num_threads(); }

CKPT_API int32_t ckpt_use_deterministic(int32_t yes) {
    return guarded([&] { at::globalContext().setDeterministicAlgorithms(yes != 0, false); });
}

CKPT_API int32_t ckpt_device_count(int32_t type, int32_t* count) {
    return guarded([&] {
        const auto device = static_cast<c10::DeviceType>(type);
        *count = 0;
        if (c10::impl::hasDeviceGuardImpl(device)) { *count = c10::impl::VirtualGuardImpl(device).deviceCount(); }
    });
}

CKPT_API int32_t ckpt_set_device(int32_t device) {
    return guarded([&] {
        const auto wanted = device_of(device);
        TORCH_CHECK(c10::impl::hasDeviceGuardImpl(wanted.type()), "this LibTorch has no device of type ", wanted.type());
        c10::impl::VirtualGuardImpl(wanted.type()).setDevice(wanted);
    });
}

// Waits for what the current stream of the device has been given.
CKPT_API int32_t ckpt_synchronize(int32_t device) {
    return guarded([&] {
        const auto wanted = device_of(device);
        if (wanted.is_cpu()) { return; }
        TORCH_CHECK(c10::impl::hasDeviceGuardImpl(wanted.type()), "this LibTorch has no device of type ", wanted.type());
        c10::impl::VirtualGuardImpl(wanted.type()).getStream(wanted).synchronize();
    });
}

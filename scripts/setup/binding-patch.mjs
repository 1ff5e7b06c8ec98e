import { SetupError } from './terminal.mjs';

/**
 * `Index.readAsync(path)`: what `read` does, with the library's part on the thread pool. That part makes no
 * call into JavaScript; the wrapper is made on the main thread when it is done. `read` of a graph of
 * 100,000 × 384 stops the event loop for as long as 181 MB take.
 */
const READ_WORKER = `
  class ReadWorker : public Napi::AsyncWorker
  {
  public:
    ReadWorker(Napi::Env env, std::string fname)
        : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), fname_(std::move(fname)) {}

    Napi::Promise promise() { return deferred_.Promise(); }

    // An exception of FAISS, or of memory, becomes the error of OnError: AsyncWorker catches it.
    void Execute() override { read_.reset(faiss::read_index(fname_.c_str())); }

    void OnOK() override
    {
      Napi::Object instance = T::constructor->New({});
      Napi::ObjectWrap<T>::Unwrap(instance)->index_ = std::move(read_);
      deferred_.Resolve(instance);
    }

    void OnError(const Napi::Error &error) override { deferred_.Reject(error.Value()); }

  private:
    Napi::Promise::Deferred deferred_;
    std::string fname_;
    std::unique_ptr<faiss::Index> read_;
  };

  static Napi::Value readAsync(const Napi::CallbackInfo &info)
  {
    Napi::Env env = info.Env();
    if (info.Length() != 1 || !info[0].IsString())
    {
      Napi::TypeError::New(env, "Expected a path.").ThrowAsJavaScriptException();
      return env.Undefined();
    }
    auto *worker = new ReadWorker(env, info[0].As<Napi::String>().Utf8Value());
    Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  }
`;

const READ = '\n  static Napi::Value read(const Napi::CallbackInfo &info)';
const READ_OF_INDEX = '      StaticMethod("read", &Index::read),\n';

/**
 * @param {string} source of the binding
 * @returns {string} with `Index.readAsync`
 * @throws SetupError when it is not the source that is known
 */
export function withAsyncRead(source) {
  for (const place of [READ, READ_OF_INDEX]) {
    if (source.split(place).length !== 2) throw new SetupError('faiss-node has another source than 0.5.1.');
  }
  return source
    .replace(READ, () => READ_WORKER + READ)
    .replace(READ_OF_INDEX, () => `${READ_OF_INDEX}      StaticMethod("readAsync", &Index::readAsync),\n`);
}

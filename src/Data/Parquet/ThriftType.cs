namespace Ckpt.Data.Parquet;

/// <summary>Types of Thrift's compact protocol.</summary>
enum ThriftType
{
    Stop, True, False, Byte, Short, Int, Long, Double, Binary, List, Set, Map, Struct, Uuid,
}

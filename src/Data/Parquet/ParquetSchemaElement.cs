namespace Ckpt.Data.Parquet;

/// <summary>One element of the flat list that a footer's schema is.</summary>
sealed record ParquetSchemaElement(string Name, int Repetition, int? Type, int TypeLength, int Children, ParquetMeaning Meaning);

import type { Model, PipelineStage, QueryFilter, Types } from 'mongoose';

/** How many documents one page may look at, where its index finds more than it asks for. */
export const MAX_SCANNED = 2_000;

/** A page of one range of an index, of which only some documents are asked for. */
interface Scan<Row> {
  /** With ids and dates as they are kept: an aggregation casts nothing. */
  range: QueryFilter<Row>;
  /** Undefined when every document of the range is asked for. */
  rest: QueryFilter<Row> | undefined;
  order: Record<string, 1 | -1>;
  index: Record<string, 1 | -1>;
  limit: number;
  fields: PipelineStage.Project['$project'];
}

/**
 * One document more than `limit`, when there are so many among the first `MAX_SCANNED` of the range.
 * @returns `stoppedAt` the last document that was looked at, when there are others after it
 */
export async function boundedScan<Row extends { _id: Types.ObjectId }>(
  model: Model<Row>,
  { range, rest, order, index, limit, fields }: Scan<Row>,
): Promise<{ rows: Row[]; stoppedAt: Row | undefined }> {
  const rows = await model
    .aggregate<Row>([
      { $match: range },
      { $sort: order },
      ...(rest ? [{ $limit: MAX_SCANNED }, { $match: rest }] : []),
      { $limit: limit + 1 },
      { $project: fields },
    ])
    .hint(index);
  if (!rest || rows.length > limit) return { rows, stoppedAt: undefined };
  const [stoppedAt] = await model
    .find(range, fields)
    .sort(order)
    .skip(MAX_SCANNED - 1)
    .limit(1)
    .hint(index)
    .lean<Row[]>();
  return { rows, stoppedAt };
}

/**
 * The words of a search in the order in which few documents have them: an index is read for the
 * first, and the others are looked for in what that finds. Counts no further than a page looks.
 */
export async function rarestFirst<Row extends { searchWords: string[] }>(
  model: Model<Row>,
  shopId: Types.ObjectId,
  words: string[],
  index: Record<string, 1 | -1>,
): Promise<string[]> {
  if (words.length < 2) return words;
  const counted = await Promise.all(
    words.map(async (word) => {
      const having = { shopId, searchWords: word } as unknown as QueryFilter<Row>;
      const count = await model.countDocuments(having, { limit: MAX_SCANNED }).hint(index);
      return { word, count };
    }),
  );
  return counted.sort((a, b) => a.count - b.count).map(({ word }) => word);
}

import mongoose from 'mongoose';

/**
 * This build of the engine has no slot-based execution, but its planner, where no plan wins the trial
 * of several indexes, wants to compare them with it and the query fails. It ranks by the trial alone.
 */
const PLAN_RANKER = { internalQueryPlanRanker: 'multiPlanning' };

/** Sets up an engine that has just opened; a setting lasts until its process ends. */
export async function applySettings(uri: string): Promise<void> {
  const client = await mongoose.mongo.MongoClient.connect(uri);
  try {
    await client.db('admin').command({ setParameter: 1, ...PLAN_RANKER });
  } finally {
    await client.close();
  }
}

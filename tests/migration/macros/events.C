// No function: ROOT runs what is between the braces.
{
   TMVA::Factory factory("events", "!V:Silent:AnalysisType=Classification");
   TMVA::DataLoader loader{"byhand"};
   loader.AddVariable("a", 'F');
   loader.AddVariable("b", 'F');
   TRandom3 rng(5);
   std::vector<Double_t> vars(2);
   Float_t shifts[] = {1.f, -1.f};
   for (size_t k = 0; k != 2; ++k) {
      for (int i = 10; i <= 59; i += 1) {
         for (UInt_t j = 0; j < vars.size(); j++) vars.at(j) = rng.Gaus(shifts[k], 1.);
         if (k == 0) {
            if (i < 40) loader.AddSignalTrainingEvent(vars, 1.0);
            else        loader.AddSignalTestEvent(vars);
         } else if (i % 2) loader.AddBackgroundTrainingEvent(vars, .5);
         else loader.AddBackgroundTestEvent(vars, 0.5);
      }
   }
   loader.PrepareTrainingAndTestTree("", "", "NormMode=NumEvents:!V");
   factory.BookMethod(&loader, "DL", "net",
      R"(Layout=TANH|4,LINEAR:TrainingStrategy=MaxEpochs=2,BatchSize=10:RandomSeed=3)");
   factory.TrainAllMethods();
   factory.TestAllMethods();
   TMVA::Interval range(0, 1);
   range.Print();
   std::cerr << "area " << factory.GetROCIntegral(&loader, "net") << '\n';
}
